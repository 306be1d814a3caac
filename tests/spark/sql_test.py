"""Expressions on Spark and in the embedded engine: random ones, over values at the edges and over usual ones.

./test asks for a few rounds. More, and others, by one command:

  WINDROW_SEEDS=500 WINDROW_SEED_FROM=1 python tests/spark/all.py target/debug/windrow sql

Where Spark is not sure of a value windrow reads the line itself, so that a wrong answer of Spark could hide. So Spark is given a
copy of each file in which a column says so: the answer tells of each row who has read it, and enough of them have to be Spark's.
"""

import csv
import io
import json
import os
import random
import re
import shutil
import sys
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from program import answered, same
from sql_expressions import EDGES, TYPES, USUAL, Edges, condition, text

ROUNDS = 24
ROWS = 400
# Of the rows that come back, of all rounds together.
SURE_MIN = 0.5
# Spark groups by no more than 64 columns.
KEYS_MAX = 40


def test_expressions_come_to_the_same_on_both_engines(place):
    def check(_, embedded):
        assert all("reader" in row for row in csv.DictReader(io.StringIO(embedded["answer"]))), embedded["answer"][:200]

    engines_agree(place, write, ROUNDS, SURE_MIN, check)


def test_expressions_can_be_made_of_each_other_many_times_over(place):
    (place.folder / "in").mkdir()
    (place.folder / "in" / "a.csv").write_text("time,action\n" + "2016-07-28T04:19:28Z,Open\n" * 9)
    made = "".join(f"d{at} = \"{f'd{at - 1}' if at else 'action'} || 'x'\"\n" for at in range(60))
    (place.folder / "job.toml").write_text(
        'name = "chain"\nversion = 1\n[source]\npath = "in"\ntime = "time"\nkeys = ["d59"]\n'
        f'[source.derive]\n{made}[reports.r]\nevery = "1h"\n'
    )
    embedded, spark = (answered(place, "job.toml", engine) for engine in ("embedded", place.address))
    same(embedded, spark)
    assert spark["exit code"] == 0 and "Open" + "x" * 60 in spark["answer"], spark["said"]


def engines_agree(place, write, rounds, sure_min, check=lambda folder, embedded: None):
    """Asks both engines the random jobs that `write` puts into a folder by their seeds; `check` looks at each answer of the embedded
    engine. More than the share `sure_min` of all rows must be Spark's own."""
    rounds, first = int(os.environ.get("WINDROW_SEEDS", rounds)), int(os.environ.get("WINDROW_SEED_FROM", 1))
    # One session for all, as a session takes longer to begin than a query.
    address = f"{place.address}/;user_id=windrow;session_id={uuid.uuid4()}"
    different, readers = [], {"windrow": 0, "cluster": 0}
    for seed in range(first, first + rounds):
        folder = place.folder / f"seed-{seed}"
        write(folder, seed)
        spark, embedded = answered_by_both(place, folder, address)
        for row in csv.DictReader(io.StringIO(spark["answer"])):
            if "reader" in row:
                readers[row["reader"]] += 1
        try:
            check(folder, embedded)
            same(*(of_any_reader(answer) for answer in (embedded, spark)))
        except AssertionError as difference:
            different.append(f"seed {seed}: {difference}\n{(folder / 'job.toml').read_text()}")
            print(different[-1], flush=True)
        shutil.rmtree(folder)
    sure = readers["cluster"] / max(sum(readers.values()), 1)
    print(f"seeds {first} to {first + rounds - 1}: {len(different)} differ; of {sum(readers.values())} rows Spark has read {sure:.0%}")
    assert not different, f"{len(different)} of {rounds} differ:\n" + "\n".join(different)
    assert sure > sure_min, f"of {readers} rows too few are Spark's"


# Every function and operator, also of null, whose values are all there.
EACH = [
    "lower(a)", "upper(b)", "trim(a)", "ltrim(a)", "rtrim(a)", "length(a)", "substr(a, i)", "substr(a, 2, i)", "substr(a, i, i)", "left(a, i)", "right(a, i)",
    "replace(a, b, 'yy')", "replace(a, 'x', b)", "replace(b, a, a)", "a || b", "starts_with(a, b)", "ends_with(a, b)", "contains(a, b)", "a LIKE '_p%'", "coalesce(b, a, 'none')",
    "nullif(a, b)", "abs(i - 3)", "abs(d)", "i + i", "i - 4", "i * -7", "i % 3", "i / 7", "d + i", "d - 0.5", "d * d", "d * 1000000.5", "d / 3", "d / -0.7", "d % 0.7", "-d",
    "CAST(i AS TEXT)", "CAST(d AS TEXT)", "CAST(day AS TEXT)", "CAST(instant AS TEXT)", "CAST(flag AS TEXT)", "CAST(instant AS DATE)", "CAST(day AS TIMESTAMP)",
    "TRY_CAST(a AS INTEGER)", "TRY_CAST(a AS DECIMAL)", "TRY_CAST(a AS BOOLEAN)", "TRY_CAST(a AS DATE)", "TRY_CAST(a AS TIMESTAMP)", "CASE WHEN b <> 'x' THEN CAST(b AS INTEGER) END",
    "CASE WHEN a = b THEN 'same' WHEN flag THEN a ELSE b END", "CASE i WHEN 1 THEN b END", "flag AND a IS NULL", "flag OR a IS NULL", "NOT flag", "flag IS NOT TRUE", "a BETWEEN 'b' AND 'y'",
    "i IN (1, 2, NULL)", "a < b", "d <= i", "day > DATE '2024-01-01'", "instant <> TIMESTAMP '2024-01-01 00:00:00'",
]  # fmt: skip


def test_each_function_takes_null(place):
    values = {
        "a": ["", "x", " pad ", "10", "true", "2024-02-29", "1.25", "Ab%_"], "b": ["", "x", "7", "10"], "i": ["", "1", "2", "3", "12345678901"],
        "d": ["", "0", "0.5", "-2.25", "1000000.000000001"], "day": ["", "2024-02-29", "1969-12-31"], "instant": ["", "2024-01-01T00:00:00Z", "1969-12-31T23:59:59.999999Z"],
        "flag": ["", "true", "false"],
    }  # fmt: skip
    for first in range(0, len(EACH), KEYS_MAX):
        folder = place.folder / str(first)
        write_job(folder, random.Random(1), values, EACH[first : first + KEYS_MAX], "TRUE")
        spark, embedded = answered_by_both(place, folder, place.address)
        same(*(of_any_reader(answer) for answer in (embedded, spark)))
        rows = list(csv.DictReader(io.StringIO(spark["answer"])))
        assert len(rows) == ROWS, spark["said"]
        # None of them has a letter or a number that is only windrow's.
        assert {row["reader"] for row in rows} == {"cluster"}, spark["said"]


def of_any_reader(answer):
    """An answer without who has read what."""
    return json.loads(re.sub(r"\b(cluster|windrow)\b", "one", json.dumps(answer)))


def answered_by_both(place, folder, address):
    spark = answered(place, "job.toml", address, at=folder)
    (folder / "in").rename(folder / "of windrow")
    (folder / "cluster").rename(folder / "in")
    return spark, answered(place, "job.toml", "embedded", at=folder)


def write(folder, seed):
    """A job of a seed and its file."""
    dice = random.Random(seed)
    edges, is_edge = Edges(dice), dice.random() < 0.7
    values = EDGES if dice.random() < 0.4 else USUAL
    if is_edge:
        kinds = dice.sample(["text", "number", "decimal", "day", "instant", "condition"], 2)
        derived = [edges.of(kind, dice.choice([1, 2, 2, 3])) for kind in kinds]
        where = edges.condition(dice.choice([1, 2, 3]))
    else:
        derived, where = [text(dice, 3)], condition(dice, 2)
        while "regexp_like" in derived[0] + where:
            derived, where = [text(dice, 3)], condition(dice, 2)
    if dice.random() < 0.6:
        # What a condition is of each row is seen best where all of them count.
        derived, where = [*derived, where], "id <> '7'"
    write_job(folder, dice, values, derived, where)


def write_job(folder, dice, values, derived, where):
    """A job and its file, once as windrow sees it and once as Spark does."""
    names = ["id", "time", *values, "reader"]
    rows = [[str(at), f"2024-01-01T00:00:{at % 60:02}Z", *(dice.choice(of) or "" for of in values.values())] for at in range(ROWS)]
    quoting = dice.choice([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    for name, reader in [("in", "windrow"), ("cluster", "cluster")]:
        (folder / name).mkdir(parents=True)
        with (folder / name / "rows.csv").open("w", newline="") as file:
            csv.writer(file, quoting=quoting, lineterminator="\n").writerows([names, *([*row, reader] for row in rows)])
    used = re.sub("'[^']*'", "", " ".join([where, *derived]))
    types = [f'{name} = "{kind}"' for name, kind in TYPES.items() if re.search(rf"\b{name}\b", used)]
    made = [f"made{at} = {toml(expression)}" for at, expression in enumerate(derived)]
    keys = ["id", "reader", *(f"made{at}" for at in range(len(derived)))]
    (folder / "job.toml").write_text(
        'name = "sql"\nversion = 1\n[source]\npath = "in"\ntime = "time"\n'
        f"keys = {keys}\nwhere = {toml(where)}\n[source.types]\n" + "\n".join(types) + "\n[source.derive]\n" + "\n".join(made) +
        '\n[limits]\nrejects = "100%"\n[reports.r]\nevery = "10m"\n'
        f'[engine.spark.paths]\n"{folder}/in" = "{folder}/cluster"\n'
        '[engine.spark.conf]\n"spark.sql.files.openCostInBytes" = 0\n"spark.sql.files.maxPartitionBytes" = 8192\n'
    )  # fmt: skip


def toml(value):
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("\f", "\\f").replace("\u000b", "\\u000b") + '"'
