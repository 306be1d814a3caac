"""windrow's look-ups against DuckDB: random tables joined to random rows, each as CSV, JSON and Parquet, compared row by row.

    tests/lookup_oracle.py BINARY [--rounds N] [--seed S]

Each round draws rows, a table, one or two columns that it is joined on, and what happens to rows without a match. DuckDB joins them as text,
with an empty text as null; windrow has to give each row the same columns, whatever the formats of the two files.
"""

import argparse
import csv
import io
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import duckdb
import pyarrow as pa
import pyarrow.parquet

KEYS = [None, "u1", "u2", "U1", "u1 ", "7", "07", "a key of more than sixteen bytes", "a key of more than sixteen byteS", "naïve", "it's", 'with "quotes"', "1,5", "日本語"]
VALUES = [None, "x", "DE", "a value of more than sixteen bytes", "Ä,\"Ö", "0"]


def drawn(dice):
    on = dice.choice([1, 2])
    # Of few keys most rows have a match, of all of them fewer.
    keys = dice.sample(KEYS, dice.choice([4, 9, len(KEYS)]))
    rows = [[str(at), "2024-01-01T00:00:00Z", *(dice.choice(keys) for _ in range(on))] for at in range(dice.choice([1, 30, 9000]))]
    table = {}
    for _ in range(dice.choice([0, 3, 40, 400])):
        key = tuple(dice.choice(keys) if dice.random() < 0.7 else f"k{dice.randrange(500)}" for _ in range(on))
        if None not in key:
            table[key] = [dice.choice(VALUES), dice.choice(VALUES)]
    table = [[*key, *values] for key, values in table.items()]
    # Rows without a key, of which there may be several.
    table += [[None, *(["u1"] * (on - 1)), "nobody", "nobody"]] * dice.choice([0, 2])
    dice.shuffle(table)
    return on, rows, table


def files(folder, name, names, rows):
    with open(folder / f"{name}.csv", "w", newline="") as file:
        csv.writer(file).writerows([names, *(["" if value is None else value for value in row] for row in rows)])
    objects = [dict(zip(names, row)) for row in rows]
    text = "".join(json.dumps(row, ensure_ascii=bool(at % 2)) + "\n" for at, row in enumerate(objects))
    (folder / f"{name}.ndjson").write_text(text or "\n")
    columns = {column: pa.array([row[at] for row in rows], pa.string()) for at, column in enumerate(names)}
    pyarrow.parquet.write_table(pa.table(columns), folder / f"{name}.parquet", row_group_size=100)
    return [folder / f"{name}.{ending}" for ending in ("csv", "ndjson", "parquet")]


def of_windrow(binary, rows, table, on, unmatched):
    joined = ",".join(f"{of_rows}={of_table}" for of_rows, of_table in [("a", "x"), ("b", "y")][:on])
    arguments = ["--lookup", f"{table} on {joined}", "--unmatched", unmatched, "--time", "time", "--key", "id,v,w", "--every", "1d", "-q", "--format", "csv"]
    done = subprocess.run([binary, "run", rows, *arguments], capture_output=True, check=False, text=True)
    if done.returncode == 3 and unmatched == "reject" and "no row" in done.stderr:
        return []
    assert done.returncode == 0, done.stderr
    return sorted((int(row["id"]), row["v"], row["w"]) for row in csv.DictReader(io.StringIO(done.stdout)))


def of_duckdb(rows, table, on, unmatched):
    database = duckdb.connect()
    names = ["x", "y"][:on]
    columns = ", ".join(f"{name} TEXT" for name in [*names, "v", "w"])
    database.execute(f"CREATE TABLE small ({columns})")
    if table:
        database.executemany(f"INSERT INTO small VALUES ({', '.join('?' * (on + 2))})", table)
    frame = pa.table({name: pa.array([row[at] for row in rows], pa.string()) for at, name in enumerate(["id", "time", "a", "b"][: on + 2])})
    database.register("rows", frame)
    equal = " AND ".join(f"rows.{one} = small.{other}" for one, other in zip("ab", names))
    join = "LEFT JOIN" if unmatched == "keep" else "JOIN"
    found = database.execute(f"SELECT id, v, w FROM rows {join} small ON {equal}").fetchall()
    return sorted((int(at), v or "", w or "") for at, v, w in found)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    counted = 0
    for seed in range(options.seed, options.seed + options.rounds):
        dice = random.Random(seed)
        on, rows, table = drawn(dice)
        unmatched = dice.choice(["keep", "filter", "reject"])
        expected = of_duckdb(rows, table, on, unmatched)
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            of_rows = files(folder, "rows", ["id", "time", "a", "b"][: on + 2], rows)
            of_table = files(folder, "small", [*["x", "y"][:on], "v", "w"], table)
            if not table:
                # An empty file of JSON names no columns.
                del of_table[1]
            for file in of_rows:
                for small in of_table:
                    found = of_windrow(options.binary, file, small, on, unmatched)
                    assert found == expected, f"seed {seed}, {file.name} on {small.name}, {unmatched}\n" + "\n".join(
                        f"{side} {sorted(set(one) - set(other))[:5]}" for side, one, other in [("windrow", found, expected), ("DuckDB", expected, found)]
                    )
        counted += len(expected)
    print(f"{options.rounds} rounds, {counted} rows: windrow and DuckDB agree on look-ups")


if __name__ == "__main__":
    sys.exit(main())
