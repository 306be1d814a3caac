"""windrow reads Delta tables that others write, at each of their versions, with a ledger and without one.

    python tests/delta_inputs.py path/to/windrow

delta-rs writes a table of 20,000 rows in partitions, appends, deletes, updates, joins its files and makes checkpoints. After each
step windrow has to count what delta-rs itself reads, in one run over all of it and in a run that keeps a ledger; a step that
changes no row may change no number.

delta-rs writes no deletion vectors and no column mapping, so those of other tables are written here, as the protocol describes
them; what windrow has to count is what pyarrow reads without the deleted rows, and by the names that the table has for its columns.
"""

import collections
import csv
import datetime
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import uuid

import pyarrow
import pyarrow.parquet
from deletion_vectors import Vectors
from deltalake import DeltaTable, write_deltalake

JOB = """name = "events"
version = 1
[source]
format = "delta"
path = "table"
time = "time"
keys = ["country", "action"]
[reports.hours]
every = "1h"
[output]
path = "out"
"""
ACTIONS = ["Open", "Close", "a/b c%", None]
COUNTRIES = ["de", "fr", "é=ü", None]
BEGIN = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)


def events(chance, n):
    rows = [(chance.randrange(86_400), chance.choice(ACTIONS), chance.choice(COUNTRIES), i) for i in range(n)]
    return pyarrow.table(
        {
            "time": pyarrow.array(
                [BEGIN + datetime.timedelta(seconds=row[0]) for row in rows], pyarrow.timestamp("us", "UTC")
            ),
            "action": pyarrow.array([row[1] for row in rows], pyarrow.string()),
            "country": pyarrow.array([row[2] for row in rows], pyarrow.string()),
            "n": pyarrow.array([row[3] for row in rows], pyarrow.int64()),
        }
    )


def expected(path):
    """What delta-rs reads, per hour, country and action."""
    return per_hour(DeltaTable(path).to_pyarrow_table().to_pylist())


def per_hour(rows):
    counts = collections.Counter()
    for row in rows:
        hour = row["time"].strftime("%Y-%m-%dT%H:00:00Z")
        counts[hour, row["country"] or "", row["action"] or ""] += 1
    return dict(counts)


def answer(windrow, folder, *arguments):
    said = subprocess.run([windrow, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert said.returncode == 0, f"{arguments}: {said.returncode} {said.stderr}"
    return said.stdout


def counted(windrow, folder, *inputs):
    rows = csv.DictReader(answer(windrow, folder, "run", "job.toml", *inputs).splitlines())
    return {(row["window_start"], row["country"], row["action"]): int(row["count"]) for row in rows}


def steps(path):
    """Changes of the table; whether one changes rows."""
    chance = random.Random(12)

    def append(n, **options):
        write_deltalake(path, events(chance, n), mode="append", partition_by=["country"], **options)

    def twice():
        rows = events(chance, 40)
        for _ in range(2):
            write_deltalake(path, rows, mode="append", partition_by=["country"])

    def with_column():
        rows = events(chance, 200)
        rows = rows.append_column("late", pyarrow.array(["x"] * 200))
        write_deltalake(path, rows, mode="append", partition_by=["country"], schema_mode="merge")

    return [
        ("written", lambda: append(19_000, target_file_size=20_000), True),
        ("appended", lambda: append(500), True),
        ("the same rows twice", twice, True),
        ("deleted", lambda: DeltaTable(path).delete("n % 7 = 3"), True),
        ("OPTIMIZE", lambda: DeltaTable(path).optimize.compact(), False),
        ("a checkpoint", lambda: DeltaTable(path).create_checkpoint(), False),
        ("updated", lambda: DeltaTable(path).update(updates={"action": "'Shut'"}, predicate="n % 11 = 2"), True),
        ("a column more", with_column, True),
        ("Z-ORDER", lambda: DeltaTable(path).optimize.z_order(["time"]), False),
        ("VACUUM", lambda: DeltaTable(path).vacuum(0, dry_run=False, enforce_retention_duration=False), False),
        ("a partition deleted", lambda: DeltaTable(path).delete("country = 'de'"), True),
    ]


class WithVectors:
    """A table whose rows are deleted by deletion vectors."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.chance = random.Random(21)
        for n in (9_000, 9_000, 300):
            write_deltalake(path, events(self.chance, n), mode="append")
        self.added = {}
        for log in sorted(self.path.glob("_delta_log/*.json")):
            for line in log.read_text().splitlines():
                if add := json.loads(line).get("add"):
                    self.added[add["path"]] = (add, None, frozenset())
        self.version = len(list(self.path.glob("_delta_log/*.json"))) - 1
        self.features = ["deletionVectors"]

    def commit(self, vectors):
        """The next version: these rows are the deleted ones of these files. `vectors` has them by path, with the folder of the vector; none:
        it is in the log."""
        lines = []
        if self.features:
            protocol = {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": self.features, "writerFeatures": self.features}
            lines.append({"protocol": protocol})
            self.features = []
        stored = Vectors(uuid.UUID(int=self.chance.getrandbits(128)))
        for path, (rows, folder) in vectors.items():
            add, before, _ = self.added[path]
            vector = stored.add(rows, folder) if rows else None
            remove = {"path": path, "dataChange": True, "deletionTimestamp": 0}
            lines.append({"remove": remove | ({"deletionVector": before} if before else {})})
            lines.append({"add": add | ({"deletionVector": vector} if vector else {})})
            self.added[path] = (add, vector, frozenset(rows))
        if stored.path:
            self.file = self.path / stored.path
            self.file.parent.mkdir(exist_ok=True)
            self.file.write_bytes(stored.bytes)
        self.version += 1
        log = "".join(json.dumps(line) + "\n" for line in lines)
        (self.path / "_delta_log" / f"{self.version:020}.json").write_text(log)

    def rows(self):
        for path, (_, _, deleted) in self.added.items():
            for number, row in enumerate(pyarrow.parquet.read_table(self.path / path).to_pylist()):
                if number not in deleted:
                    yield row

    def steps(self):
        """Which rows are deleted, by file, and the folder of the vector."""
        first, second, third = self.added
        some = {number for number in range(9_000) if self.chance.random() < 0.3}
        most = set(range(9_000)) - {4_095, 4_096, 8_999}
        return [
            ("some rows deleted", {first: (some, "")}),
            ("more, and the first and the last of another file", {first: (some | {0, 1, 2}, "ab"), second: ({0, 8_999}, "ab")}),
            ("nearly all", {second: (most, "")}),
            ("within the log", {third: ({7, 8, 250}, None)}),
            ("all of a file", {third: (set(range(300)), "")}),
            ("restored", {first: (some, ""), third: (set(), "")}),
        ]


def with_vectors(windrow, folder):
    table = WithVectors(pathlib.Path(folder, "table"))
    before = {}
    for name, vectors in [("written", {}), *table.steps()]:
        if vectors:
            table.commit(vectors)
        wanted = per_hour(table.rows())
        assert counted(windrow, folder, "table") == wanted, name
        answer(windrow, folder, "run", "job.toml", "--summary-json", "s.json")
        summary = json.loads(pathlib.Path(folder, "s.json").read_text())
        hours = {key[0] for key, _ in set(wanted.items()) ^ set(before.items())}
        assert summary["windows_changed"] == len(hours), f"{name}: {summary['windows_changed']} of {len(hours)}"
        kept = answer(windrow, folder, "digest", "job.toml")
        assert kept == answer(windrow, folder, "digest", "job.toml", "table"), name
        before = wanted
        print(f"deletion vectors, {name}: {sum(wanted.values()):,} rows, {len(hours)} windows changed")
    # If one is damaged, its data file is refused.
    stored = bytearray(table.file.read_bytes())
    stored[-9] ^= 1
    table.file.write_bytes(stored)
    said = subprocess.run([windrow, "run", "job.toml", "table"], cwd=folder, capture_output=True, text=True, check=False)
    assert said.returncode == 3 and "deletion_vector_" in said.stderr and "is damaged" in said.stderr, said.stderr


class Mapped:
    """A table that knows the columns of its data files by other names, or by numbers."""

    TYPES = {"time": "timestamp", "action": "string", "country": "string", "n": "long"}

    def __init__(self, path, mode):
        self.path, self.mode, self.version = pathlib.Path(path), mode, -1
        self.chance = random.Random(34)
        # Of each column: its name and number in data files.
        self.columns = {name: (name, number) for number, name in enumerate(self.TYPES, 1)}
        self.files = []
        (self.path / "_delta_log").mkdir(parents=True)

    def schema(self):
        def field(name):
            physical, number = self.columns[name]
            metadata = {"delta.columnMapping.id": number, "delta.columnMapping.physicalName": physical}
            return {"name": name, "type": self.TYPES.get(name, "string"), "nullable": True, "metadata": metadata if self.mode else {}}

        return json.dumps({"type": "struct", "fields": [field(name) for name in self.columns]})

    def commit(self, *lines):
        """The next version: what the table is now, and these lines."""
        configuration = {"delta.columnMapping.mode": self.mode} if self.mode else {}
        features = ["columnMapping"] if self.mode else []
        protocol = {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": features, "writerFeatures": features}
        about = {
            "id": "t", "format": {"provider": "parquet", "options": {}}, "schemaString": self.schema(),
            "partitionColumns": [], "configuration": configuration,
        }  # fmt: skip
        self.version += 1
        log = "".join(json.dumps(line) + "\n" for line in [{"protocol": protocol}, {"metaData": about}, *lines])
        (self.path / "_delta_log" / f"{self.version:020}.json").write_text(log)

    def append(self, n):
        rows = events(self.chance, n)
        known = {physical: (name, number) for name, (physical, number) in self.columns.items()}
        # A data file in which the names of columns mean nothing: the numbers do.
        shown = {name: f"x{number}" if self.mode == "id" else physical for physical, (name, number) in known.items()}
        fields, arrays = [], []
        for name, (_, number) in self.columns.items():
            array = rows[name] if name in rows.column_names else pyarrow.array([f"new {i % 3}" for i in range(n)])
            fields.append(pyarrow.field(shown[name], array.type, metadata={"PARQUET:field_id": str(number)}))
            arrays.append(array)
        name = f"part-{len(self.files)}.parquet"
        pyarrow.parquet.write_table(pyarrow.table(arrays, schema=pyarrow.schema(fields)), self.path / name)
        self.files.append((name, {number: shown[name] for name, (_, number) in self.columns.items()}))
        size = (self.path / name).stat().st_size
        self.commit({"add": {"path": name, "partitionValues": {}, "size": size, "modificationTime": 0, "dataChange": True}})

    def rename(self, old, new):
        self.columns = {new if name == old else name: column for name, column in self.columns.items()}
        self.commit()

    def new_column(self, name, number):
        self.columns[name] = (f"col-{number}", number)
        self.commit()

    def drop(self, name):
        del self.columns[name]
        self.commit()

    def begin(self):
        self.mode = self.mode or "name"
        self.commit()

    def rows(self):
        for file, shown in self.files:
            for row in pyarrow.parquet.read_table(self.path / file).to_pylist():
                yield {name: row.get(shown.get(number)) for name, (_, number) in self.columns.items()}

    def steps(self):
        """Changes of the table, and whether one changes rows."""
        return [
            ("written", lambda: self.append(4_000), True),
            ("the mapping begins", self.begin, False),
            ("another column is renamed", lambda: self.rename("n", "number"), False),
            ("it is dropped", lambda: self.drop("number"), False),
            ("a new column has its name", lambda: self.new_column("n", 11), False),
            ("appended", lambda: self.append(300), True),
            ("a key is renamed, and a new column has its name", lambda: (self.rename("action", "before"), self.new_column("action", 12)), True),
            ("appended again", lambda: self.append(200), True),
            ("the old column has its name back", lambda: (self.rename("action", "after"), self.rename("before", "action")), True),
        ]


def with_mapping(windrow, folder, mode):
    table = Mapped(pathlib.Path(folder, "table"), mode)
    before = {}
    for name, change, is_other in table.steps():
        change()
        wanted = per_hour(table.rows())
        assert counted(windrow, folder, "table") == wanted, f"{mode}: {name}"
        answer(windrow, folder, "run", "job.toml", "--summary-json", "s.json")
        changed = json.loads(pathlib.Path(folder, "s.json").read_text())
        hours = {key[0] for key, _ in set(wanted.items()) ^ set(before.items())}
        assert changed["windows_changed"] == len(hours), f"{name}: {changed['windows_changed']} of {len(hours)}"
        # In the other steps no file is opened.
        assert is_other == (changed["files_read"] > 0), f"{name}: {changed}"
        kept = answer(windrow, folder, "digest", "job.toml")
        assert kept == answer(windrow, folder, "digest", "job.toml", "table"), name
        before = wanted
        print(f"column mapping {table.mode or 'none'}, {name}: {sum(wanted.values()):,} rows, {len(hours)} windows changed")
    # A key that the table no longer has is an error, though no file is new.
    table.drop("action")
    said = subprocess.run([windrow, "run", "job.toml"], cwd=folder, capture_output=True, text=True, check=False)
    assert said.returncode == 3 and "part-0.parquet?columns=" in said.stderr and 'no column "action"' in said.stderr, said.stderr


def main(windrow):
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "job.toml").write_text(JOB)
        path = str(pathlib.Path(folder, "table"))
        for name, change, is_other in steps(path):
            change()
            wanted = expected(path)
            found = counted(windrow, folder, "table")
            assert found == wanted, f"{name}: {set(found.items()) ^ set(wanted.items())}"
            answer(windrow, folder, "run", "job.toml", "--summary-json", "s.json")
            changed = json.loads(pathlib.Path(folder, "s.json").read_text())["windows_changed"]
            assert (changed > 0) == is_other, f"{name}: {changed} windows changed"
            kept = answer(windrow, folder, "digest", "job.toml")
            assert kept == answer(windrow, folder, "digest", "job.toml", "table"), name
            print(f"{name}: {sum(wanted.values()):,} rows, {changed} windows changed")
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "job.toml").write_text(JOB)
        with_vectors(windrow, folder)
    for mode in [None, "id"]:
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "job.toml").write_text(JOB)
            with_mapping(windrow, folder, mode)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]).resolve())
