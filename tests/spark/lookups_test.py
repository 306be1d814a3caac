"""Look-ups on Spark and in the embedded engine: random rows and tables, with keys that are easily confused.

To run more rounds, or others, as in sql_test.py:

  WINDROW_SEEDS=500 WINDROW_SEED_FROM=1 python tests/spark/all.py target/debug/windrow lookups

As there, Spark gets a copy of each file, which a column marks as such: Spark itself must read all rows without anything odd.
"""

import csv
import io
import json
import random

from program import answered, same, windrow
from sql_test import answered_by_both, engines_agree, of_any_reader

ROUNDS = 16
ROWS = 300
# The least share of counted rows that Spark must have read, over all rounds.
SURE_MIN = 0.8

KEYS = [
    "", "u1", "u2", "U1", "u1 ", " u1", "\tu1", "7", "07", "7.0", "+7", "1e1", "10", "NULL", "null", "-", "a key of more than sixteen bytes",
    "a key of more than sixteen byteS", "naïve", "nai\u0308ve", "ß", "ss", "İ", "i", "日本語", "😀", "\u00a0u1", "it's", 'with "quotes"', "1,5", "a\\b", ":k0", "${x}", "two\nlines",
    "true", "2024-02-29",
]  # fmt: skip
NAMES = ["", "x", "DE", "FR", "a value of more than sixteen bytes", 'Ä,"Ö', "0", "none"]
NUMBERS = ["", "1", "20", "-3", " 4 ", "0.5", "1000000.000000001", "1e2", "12345678901234567890", "many"]


def test_look_ups_come_to_the_same_on_both_engines(place):
    codes = set()

    def check(folder, embedded):
        codes.add(embedded["exit code"])
        assert "unmatched" in (folder / "job.toml").read_text() and embedded["exit code"] in (0, 3), embedded["said"]

    engines_agree(place, write, ROUNDS, SURE_MIN, check)
    assert 0 in codes, "no round has an answer"


def test_ten_thousand_rows_of_a_table_are_joined_on_the_cluster(place):
    dice, folder = random.Random(1), place.folder
    (folder / "users.csv").write_text("user,country\n" + "".join(f"user-{at},c{at % 30}\n" for at in range(10_000)))
    rows = [(f"2024-01-01T00:{dice.randrange(60):02}:00Z", f"user-{dice.randrange(10_100)}", dice.randrange(1000)) for _ in range(20_000)]
    write_rows(folder, ["time", "user", "bytes"], rows)
    (folder / "job.toml").write_text(
        'name = "many"\nversion = 1\n[source]\npath = "in"\ntime = "time"\nkeys = ["country", "reader"]\n'
        '[[source.lookup]]\npath = "users.csv"\non = "user"\nunmatched = "filter"\n[reports.r]\nevery = "10m"\nmeasures = ["sum(bytes)"]\n' + of_cluster(folder)
    )
    spark, embedded = answered_by_both(place, folder, place.address)
    same(*(of_any_reader(answer) for answer in (embedded, spark)))
    found = list(csv.DictReader(io.StringIO(spark["answer"])))
    assert {row["reader"] for row in found} == {"cluster"}, spark["said"]
    expected = sum(int(user.removeprefix("user-")) < 10_000 for _, user, _ in rows)
    assert sum(int(row["count"]) for row in found) == expected < len(rows)


def test_tables_that_no_query_can_hold_are_refused_before_a_session(place):
    (place.folder / "in").mkdir()
    (place.folder / "in" / "a.csv").write_text("time,user\n2024-01-01T00:00:00Z,u1\n")
    with (place.folder / "users.csv").open("w") as file:
        file.write("user,name\n")
        file.writelines(f"u{at},{'x' * 1000}{at}\n" for at in range(70_000))
    (place.folder / "job.toml").write_text(
        'name = "large"\nversion = 1\n[source]\npath = "in"\ntime = "time"\nkeys = ["name"]\n[[source.lookup]]\npath = "users.csv"\non = "user"\n[reports.r]\nevery = "1d"\n'
    )
    # Nothing listens there, so opening a session would be another error.
    end = windrow(place, "run", "job.toml", "--engine", "sc://127.0.0.1:9")
    assert end.code == 2 and "a query to Spark takes 67.1 MB of them" in end.said, f"{end.code}: {end.said}"
    assert answered(place, "job.toml", "embedded")["exit code"] == 0


def write(folder, seed):
    """Writes the job of a seed, its tables and its file."""
    dice = random.Random(seed)
    keys = dice.sample(KEYS, dice.choice([5, 12, len(KEYS)]))
    (folder).mkdir()
    text, columns = "", {"id": "", "reader": ""}
    for number in range(dice.choice([1, 1, 2, 3])):
        table, on = f"table{number}", drawn_on(dice, number, columns)
        values = dice.sample(["name", "size", "plan"], dice.choice([1, 2, 3]))
        write_table(folder / f"{table}.{dice.choice(['csv', 'ndjson'])}", dice, keys, on, values)
        path = next(folder.glob(f"{table}.*")).name
        joined = ", ".join(f'{of_rows} = "{of_table}"' for of_rows, of_table in on)
        unmatched = dice.choice(["keep", "keep", "reject", "filter"])
        text += f'[[source.lookup]]\npath = "{path}"\non = {{ {joined} }}\nprefix = "t{number}_"\nunmatched = "{unmatched}"\n'
        columns |= {f"t{number}_{value}": value for value in values}
    rows = [[str(at), drawn_time(dice), *(dice.choice(keys) for _ in range(2)), dice.choice(NUMBERS[:5])] for at in range(ROWS)]
    write_rows(folder, ["id", "time", "a", "b", "n"], rows, dice.choice([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    names, sizes = ([name for name, kind in columns.items() if kind == wanted] for wanted in ("name", "size"))
    types, where, derived = "", "", ""
    if dice.random() < 0.6:
        wheres = ["a <> 'u2'", "b IS NOT NULL", "n <> '1' OR a = 'U1'", *(f"{name} <> 'DE'" for name in names), *(f"{name} IS NULL OR a <> 'u1'" for name in names)]
        if sizes:
            wheres += [f"a = 'u1' OR {sizes[0]} > 1", f"coalesce({sizes[0]}, 0) < 100"]
        where = dice.choice(wheres)
    # The keys show which engine read each row, or group rows of both.
    seen, others = ["id", "reader"], sorted(columns.keys() - {"id", "reader"})
    keys_of_job = [*dice.choice([seen, []]), *dice.sample(others, min(len(others), dice.choice([1, 2])))]
    if names and dice.random() < 0.5:
        derived = f"[source.derive]\nmade = \"coalesce({names[0]}, 'nothing') || a\"\n"
        keys_of_job.append("made")
    if sizes and sizes[0] in where:
        types = f'[source.types]\n{sizes[0]} = "{dice.choice(["integer", "decimal"])}"\n'
    measured = dice.choice([[], ["sum(n)"], [f"distinct({names[0]})"] if names else [], [f"sum({sizes[-1]})", f"p95({sizes[-1]})"] if sizes else []])
    where = f"where = {json.dumps(where)}\n" if where else ""
    (folder / "job.toml").write_text(
        f'name = "lookups"\nversion = 1\n[source]\npath = "in"\ntime = "time"\nkeys = {keys_of_job}\n{where}{text}{types}{derived}'
        f'[limits]\nrejects = "100%"\n[reports.r]\nevery = "10m"\nmeasures = {json.dumps(measured)}\n' + of_cluster(folder)
    )


def drawn_on(dice, number, columns):
    """The columns that a table is joined on: of the file, or of an earlier table."""
    joined = [name for name, kind in columns.items() if kind]
    if number and joined and dice.random() < 0.4:
        return [(dice.choice(joined), "x")]
    return dice.choice([[("a", "x")], [("b", "x")], [("a", "x"), ("b", "y")]])


def drawn_time(dice):
    return dice.choice([f"2024-01-01T00:{dice.randrange(60):02}:00Z"] * 20 + ["soon", ""])


def write_table(path, dice, keys, on, values):
    kinds = {"name": NAMES, "size": NUMBERS, "plan": [*KEYS, *NAMES]}
    table = {}
    for _ in range(dice.choice([0, 4, 60, 400])):
        key = tuple(dice.choice([*keys, *NAMES]) if dice.random() < 0.8 else f"k{dice.randrange(500)}" for _ in on)
        if "" not in key:
            table[key] = [dice.choice(kinds[value]) for value in values]
    names = [*(of_table for _, of_table in on), *values]
    rows = [[*key, *of_key] for key, of_key in table.items()]
    if path.suffix == ".ndjson" and rows:
        path.write_text("".join(json.dumps(dict(zip(names, row))) + "\n" for row in rows))
        return
    with path.with_suffix(".csv").open("w", newline="") as file:
        csv.writer(file).writerows([names, *rows])


def write_rows(folder, names, rows, quoting=csv.QUOTE_MINIMAL):
    """Writes the rows twice: as windrow sees them, and as Spark does."""
    for name, reader in [("in", "windrow"), ("cluster", "cluster")]:
        (folder / name).mkdir()
        with (folder / name / "rows.csv").open("w", newline="") as file:
            csv.writer(file, quoting=quoting, lineterminator="\n").writerows([[*names, "reader"], *([*row, reader] for row in rows)])


def of_cluster(folder):
    return f'[engine.spark.paths]\n"{folder}/in" = "{folder}/cluster"\n[engine.spark.conf]\n"spark.sql.files.openCostInBytes" = 0\n"spark.sql.files.maxPartitionBytes" = 8192\n'
