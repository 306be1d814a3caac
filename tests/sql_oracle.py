"""windrow's SQL against DuckDB: random expressions over random rows, as CSV, JSON and Parquet, compared row by row.

    tests/sql_oracle.py BINARY [--rounds N] [--seed S]

Each round draws rows, a condition and a column that is computed. DuckDB says of each row whether it counts and what the column is;
windrow has to count the same rows, with that as their key, whatever the format of the file.
"""

import argparse
import csv
import io
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile

import duckdb
import pyarrow as pa
import pyarrow.parquet
from sql_expressions import DAYS, DECIMALS, NUMBERS, TEXTS, condition, text


def in_duckdb(expression):
    """The same for DuckDB, whose types and functions have other names."""
    for ours, theirs in [("AS INTEGER", "AS BIGINT"), ("AS DECIMAL", "AS DECIMAL(30, 9)"), ("regexp_like", "regexp_matches")]:
        expression = expression.replace(ours, theirs)
    return expression


def rows_of(dice):
    columns = {"a": TEXTS, "b": TEXTS, "n": NUMBERS, "i": NUMBERS, "d": DECIMALS, "day": DAYS}
    draw = lambda at: {"id": str(at), "time": "2024-01-01T00:00:00Z"} | {name: dice.choice(values) for name, values in columns.items()}
    return [draw(at) for at in range(dice.choice([1, 20, 300]))]


def files(folder, rows):
    names = list(rows[0])
    with open(folder / "rows.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows([["" if row[name] is None else row[name] for name in names] for row in rows])
    (folder / "rows.ndjson").write_text("".join(json.dumps(row, ensure_ascii=bool(at % 2)) + "\n" for at, row in enumerate(rows)))
    table = pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in names})
    table = table.set_column(names.index("i"), "i", table["i"].cast(pa.int64()))
    pyarrow.parquet.write_table(table, folder / "rows.parquet", row_group_size=100)
    return [folder / "rows.csv", folder / "rows.ndjson", folder / "rows.parquet"]


def of_windrow(binary, file, where, derived):
    arguments = [f"--where={where}", "--derive", f"v={derived}"]
    for column, kind in [("i", "integer"), ("d", "decimal"), ("day", "date")]:
        if re.search(rf"\b{column}\b", re.sub("'[^']*'", "", where + derived)):
            arguments += ["--type", f"{column}={kind}"]
    arguments += ["--time", "time", "--key", "id,v", "--every", "1d", "-q", "--format", "csv"]
    done = subprocess.run([binary, "run", file, *arguments], capture_output=True, check=False, text=True)
    assert done.returncode == 0, f"{done.stderr}\n{where}\n{derived}"
    return sorted((int(row["id"]), row["v"]) for row in csv.DictReader(io.StringIO(done.stdout)))


def of_duckdb(rows, where, derived):
    database = duckdb.connect()
    database.execute("CREATE TABLE rows (id BIGINT, a TEXT, b TEXT, n TEXT, i BIGINT, d DECIMAL(30, 9), day DATE)")
    database.executemany("INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?)", [[row[name] for name in ("id", "a", "b", "n", "i", "d", "day")] for row in rows])
    found = database.execute(f"SELECT id, {in_duckdb(derived)} FROM rows WHERE {in_duckdb(where)}").fetchall()
    # Of a key white space around it is cut off, and empty is null.
    return sorted((at, (value or "").strip(" \t\n\r\f")) for at, value in found)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    counted = 0
    for seed in range(options.seed, options.seed + options.rounds):
        dice = random.Random(seed)
        rows, where, derived = rows_of(dice), condition(dice, 2), text(dice, 3)
        expected = of_duckdb(rows, where, derived)
        with tempfile.TemporaryDirectory() as folder:
            for file in files(pathlib.Path(folder), rows):
                found = of_windrow(options.binary, file, where, derived)
                assert found == expected, f"seed {seed}, {file.name}\nwhere {where}\nv = {derived}\n" + "\n".join(
                    f"{side} {sorted(set(one) - set(other))[:5]}" for side, one, other in [("windrow", found, expected), ("DuckDB", expected, found)]
                )
        counted += len(expected)
    print(f"{options.rounds} rounds, {counted} rows: windrow and DuckDB agree")


if __name__ == "__main__":
    sys.exit(main())
