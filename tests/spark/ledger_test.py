"""One ledger, two engines: whichever of them reads what a change of the folder asks for, the answer is that of one run over
all files by the embedded engine."""

import csv
import io
import os
import random
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
from program import windrow

JOB = """name = "turns"
version = 1
[source]
path = "in"
time = "time"
keys = ["action"]
{source}
[limits]
rejects = "50%"
[output]
path = "{output}"
[reports.tens]
every = "10m"
[reports.days]
every = "1d"
zone = "Europe/Berlin"
[engine.spark.conf]
# Files of many parts.
"spark.sql.files.maxPartitionBytes" = 4096
"spark.sql.files.openCostInBytes" = 0
"""
FILES = 6


class Folder:
    """A folder of logs that changes, and the job over it."""

    def __init__(self, place, source='on_gone = "subtract"'):
        self.place, self.chance, self.source = place, random.Random(7), source
        self.logs = place.folder / "in"
        self.logs.mkdir()
        # Times of change that differ and are long past: none is so new that the file has to be read once more.
        self.clock, self.fresh = 1_600_000_000, 0
        self.job = self.write_job("turns.toml", "out")

    def write_job(self, name, output):
        (self.place.folder / name).write_text(JOB.format(source=self.source, output=output))
        return name

    def rows(self, count):
        lines = []
        for _ in range(count):
            moment = self.chance.randrange(3 * 86_400)
            time = f"2016-07-{26 + moment // 86_400}T{moment // 3600 % 24:02}:{moment // 60 % 60:02}:{moment % 60:02}Z"
            action = self.chance.choice(["Open", "Close", " Open", '"a,b"', '"x""y"', "ä", ""])
            lines.append(self.chance.choice([f"{time},{action}"] * 12 + ["soon,Open", f"{time},{action},more", 'a"b,c', ""]))
        return "".join(line + "\n" for line in lines)

    def write(self, name, text, mode="w"):
        with (self.logs / name).open(mode) as file:
            file.write(text)
        self.touch(name)

    def touch(self, name):
        self.clock += 10
        os.utime(self.logs / name, (self.clock, self.clock))

    def new(self, name, rows=200):
        self.write(name, "time,action\n" + self.rows(rows))

    def run(self, engine, *flags):
        return windrow(self.place, "run", self.job, "--engine", engine, "-q", *flags)

    def shown(self, table, job=None):
        return windrow(self.place, "show", job or self.job, table, "--format", "csv").good().out

    def equals_one_run(self):
        """Compares with a run over all files, with a ledger of its own."""
        self.fresh += 1
        whole = self.write_job(f"whole-{self.fresh}.toml", f"out-{self.fresh}")
        windrow(self.place, "run", whole, "--engine", "embedded", "-q").good()
        digests = [windrow(self.place, "digest", job).good().out.split()[0] for job in (self.job, whole)]
        assert digests[0] == digests[1], differing(*(windrow(self.place, "digest", job, "--csv").out for job in (self.job, whole)))
        for table in ("windows", "rejects"):
            assert self.shown(table) == self.shown(table, whole), table


class TableFolder(Folder):
    """The same with Parquet files: some rows have no time, and some files store times in another unit."""

    def __init__(self, place):
        super().__init__(place, 'format = "parquet"\non_gone = "subtract"')

    def new(self, name, rows=200):
        moments = [1_469_491_200_000_000 + self.chance.randrange(3 * 86_400) * 1_000_000 for _ in range(rows)]
        times = [moment if self.chance.random() < 0.98 else None for moment in moments]
        unit, scale = self.chance.choice([("us", 1), ("ns", 1000)])
        times = pa.array([None if moment is None else moment * scale for moment in times], pa.timestamp(unit, "UTC"))
        actions = [self.chance.choice(["Open", "Close", " Open", "ä", None]) for _ in range(rows)]
        pq.write_table(pa.table({"time": times, "action": actions}), self.logs / name, row_group_size=64)
        self.touch(name)


def differing(left, right):
    left, right = left.splitlines(), right.splitlines()
    return [f"- {line}" for line in left if line not in right][:5] + [f"+ {line}" for line in right if line not in left][:5]


def test_engines_in_turns_end_as_one_run(place):
    take_turns(place, [place.address, "embedded"])


def test_engines_in_turns_the_other_way_round(place):
    take_turns(place, ["embedded", place.address])


def test_engines_in_turns_with_a_filter_end_as_one_run(place):
    where = """where = "CASE action WHEN ' Open' THEN CAST(action AS INTEGER) > 1 ELSE action <> 'Close' END\""""
    take_turns(place, [place.address, "embedded"], f'on_gone = "subtract"\n{where}')


# Every action of the rows is in the table, except null.
TABLE = 'name,kind\nOpen,one\nClose,two\nä,\n"a,b",three\n Open,five\n"x""y",six\n'
LOOKED_UP = """on_gone = "subtract"
where = "kind IS NULL OR kind <> 'two'"
[[source.lookup]]
path = "kinds.csv"
on = {{ action = "name" }}
unmatched = "{unmatched}\""""


def test_engines_in_turns_with_a_look_up_end_as_one_run(place):
    (place.folder / "kinds.csv").write_text(TABLE)
    take_turns(place, ["embedded", place.address], LOOKED_UP.format(unmatched="reject"))


def test_a_changed_look_up_is_read_again_by_either_engine(place):
    (place.folder / "kinds.csv").write_text(TABLE)
    folder = Folder(place, LOOKED_UP.format(unmatched="filter"))
    for number in range(3):
        folder.new(f"{number}.csv")
    folder.run(place.address).good()
    folder.equals_one_run()
    # Rows in another order are the same table: nothing is read.
    lines = TABLE.splitlines(keepends=True)
    (place.folder / "kinds.csv").write_text("".join([lines[0], *reversed(lines[1:])]))
    before = folder.shown("files")
    folder.run("sc://127.0.0.1:1").good()
    assert folder.shown("files") == before
    for turn, (old, new) in enumerate([("two", "four"), ("three", "two"), ("\nOpen,one\n", "\n")]):
        engine = [place.address, "embedded"][turn % 2]
        changed = (place.folder / "kinds.csv").read_text().replace(old, new)
        (place.folder / "kinds.csv").write_text(changed)
        plan = windrow(place, "plan", folder.job).good().out
        assert plan.count("kinds.csv changed") == 3 and "3 to read" in plan, plan
        folder.run(engine).good()
        folder.equals_one_run()
        last = list(csv.DictReader(io.StringIO(folder.shown("files"))))
        assert {row["engine"] for row in last} == {"spark" if engine == place.address else engine}, last


def take_turns(place, engines, *source):
    folder = Folder(place, *source)
    for number in range(FILES):
        folder.new(f"{number}.csv")
    used = []

    def run(*flags):
        engine = engines[len(used) % 2]
        folder.run(engine, *flags).good()
        used.append("spark" if engine == place.address else engine)
        folder.equals_one_run()

    run()
    folder.new("late ä%20.csv", 300)
    run()
    folder.new("1.csv", 150)
    run()
    folder.write("2.csv", folder.rows(80), "a")
    run()
    # Read by the engine that has not read it before.
    folder.write("2.csv", folder.rows(30), "a")
    run()
    (folder.logs / "3.csv").unlink()
    run("--accept-gone")
    (folder.logs / "4.csv").rename(folder.logs / "four.csv")
    folder.write("four.csv", folder.rows(40), "a")
    run("--accept-gone")
    # A quote that stays open: Spark hands over all lines of the file.
    folder.write("0.csv", folder.rows(5) + '2016-07-26T04:00:00Z,"two\nlines"\n2016-07-26T05:00:00Z,"never closed\n', "a")
    folder.new("5.csv", 0)
    run()
    assert engine_column(folder.shown("runs")) == used, folder.shown("runs")
    names = set(engine_column(folder.shown("files")))
    assert names == {"embedded", "spark"}, folder.shown("files")


def test_engines_in_turns_over_parquet_end_as_one_run(place):
    folder, engines = TableFolder(place), ["embedded", place.address]
    for number in range(4):
        folder.new(f"{number}.parquet")

    def run(turn):
        folder.run(engines[turn % 2], "--accept-gone").good()
        folder.equals_one_run()

    run(1)
    folder.new("late ä%20.parquet", 300)
    run(0)
    folder.new("1.parquet", 150)
    folder.new("5.parquet", 0)
    run(1)
    # A file is renamed, and its old name gets other rows: it is recognised by its lines, whichever engine read it.
    for turn, (old, new) in enumerate([("0.parquet", "zero.parquet"), ("1.parquet", "one.parquet")]):
        (folder.logs / old).rename(folder.logs / new)
        folder.new(old, 30)
        run(turn)
    states = {row["file"]: row["state"] for row in csv.DictReader(io.StringIO(folder.shown("files")))}
    assert states["in/zero.parquet"] == states["in/one.parquet"] == "counted", states
    (folder.logs / "2.parquet").unlink()
    run(1)
    # A copy is recognised as the same content, whichever hash the ledger has of it.
    digest = windrow(place, "digest", folder.job).good().out
    shutil.copy(folder.logs / "one.parquet", folder.logs / "copy.parquet")
    folder.touch("copy.parquet")
    said = folder.run(place.address).good(3).said
    assert "copy.parquet: its content is that of in/one.parquet, which counts" in said, said
    assert windrow(place, "digest", folder.job).good().out == digest, "a copied file counts twice"
    assert set(engine_column(folder.shown("files"))) >= {"embedded", "spark"}, folder.shown("files")


def engine_column(text):
    return [row["engine"] for row in csv.DictReader(io.StringIO(text))]


def test_nothing_new_asks_no_spark(place):
    folder = Folder(place)
    folder.new("a.csv")
    folder.run(place.address).good()
    before = windrow(place, "digest", folder.job).good().out
    # Nothing listens there: who asked it would not end with 0.
    nowhere = "sc://127.0.0.1:1"
    folder.run(nowhere).good()
    assert windrow(place, "digest", folder.job).good().out == before
    folder.new("b.csv")
    folder.run(nowhere).good(4)
    assert windrow(place, "digest", folder.job).good().out == before, "a run that could not read has changed the answer"
    folder.run(place.address).good()
    folder.equals_one_run()


def test_files_that_grow_are_counted_once_whoever_reads_the_next_part(place):
    folder = Folder(place, 'on_gone = "subtract"\ngrowing = true')
    folder.new("a.csv")
    folder.new("b.csv")
    for turn in range(6):
        folder.run([place.address, place.address, "embedded", "embedded"][turn % 4]).good()
        folder.equals_one_run()
        # The last line is not written to its end yet; the next turn ends it.
        folder.write("a.csv", folder.rows(60) + "2016-07-26T04:1", "a")
        folder.run([place.address, "embedded"][turn % 2]).good()
        folder.equals_one_run()
        folder.write("a.csv", "0:00Z,Open\n" + folder.rows(1), "a")


def test_files_that_are_renamed_or_copied_are_known_to_spark(place):
    renamed_and_copied(place, [place.address, place.address])


def test_files_that_are_renamed_or_copied_are_known_to_the_engine_after(place):
    renamed_and_copied(place, [place.address, "embedded"])


def test_files_that_are_renamed_or_copied_are_known_to_spark_after(place):
    renamed_and_copied(place, ["embedded", place.address])


def renamed_and_copied(place, engines):
    # What is gone counts on: that a file is one that is gone decides whether it counts twice.
    folder = Folder(place, 'on_gone = "keep"')
    # Many parts, a byte order mark, line ends of both kinds, none at the end.
    texts = {
        "many parts.csv": "time,action\n" + folder.rows(2_000),
        "marked.csv": "\ufefftime,action\r\n" + folder.rows(300).replace("\n", "\r\n"),
        "copied.csv": "time,action\n" + folder.rows(200),
        "no end.csv": "time,action\n" + folder.rows(200) + "2016-07-26T04:00:00Z,Open",
        "ordered.csv": "time,action\n" + "".join(f"2016-07-26T04:0{at}:00Z,Open\n" for at in range(10)),
    }
    for name, text in texts.items():
        # `write` would make CRs of it that it does not have.
        (folder.logs / name).write_bytes(text.encode())
        folder.write(name, "", "a")
    folder.run(engines[0]).good()
    digest = windrow(place, "digest", folder.job).good().out
    renamed = ["many parts.csv", "marked.csv", "no end.csv"]
    for name in renamed:
        (folder.logs / name).rename(folder.logs / f"new {name}")
    folder.write("copy.csv", texts["copied.csv"])
    said = folder.run(engines[1]).good(3)
    assert "copy.csv: its content is that of in/copied.csv, which counts" in said.said, said.said
    assert windrow(place, "digest", folder.job).good().out == digest, "a renamed or copied file counts twice"
    files = {row["file"]: row for row in csv.DictReader(io.StringIO(folder.shown("files")))}
    for name in renamed:
        row = files[f"in/{name}"]
        assert (row["state"], row["other"]) == ("moved", f"in/new {name}"), row
        # What is known of the content stays known, by whichever engine.
        known = files[f"in/new {name}"]
        assert known["lines"] and (known["fingerprint"] or engines[0] == engines[1] == place.address), known
    # The same lines in another order are another file.
    lines = texts["ordered.csv"].splitlines(keepends=True)
    (folder.logs / "copy.csv").unlink()
    folder.write("other order.csv", "".join([lines[0], *reversed(lines[1:])]))
    folder.run(engines[1]).good()
    folder.equals_one_run()
