#!/usr/bin/env python3
"""windrow counts the rows of Delta tables of another project, each beside its rows as Spark shows them.

    python tests/delta_golden.py WINDROW FOLDER

FOLDER has the golden tables of Delta Kernel, each in a folder with `delta`, the table, and `expected`, its rows in Parquet
(docs/robustness.md says where they are from; they are not part of this repository). Rows are counted by day and by every column that is
a text, a whole number, a decimal, a date or a truth value, also within structs; a table without a time is counted by a number, as if it
were one. Tables that windrow refuses by name are listed.
"""

import collections
import csv
import datetime
import pathlib
import subprocess
import sys

import pyarrow
import pyarrow.compute
import pyarrow.parquet

IS_KEY = (pyarrow.types.is_string, pyarrow.types.is_integer, pyarrow.types.is_decimal, pyarrow.types.is_date, pyarrow.types.is_boolean)
EPOCH = datetime.datetime(1970, 1, 1)


def columns(schema, before=""):
    """The columns outside of lists, by their paths, and their types."""
    for field in schema:
        path = before + (f'"{field.name}"' if before and "." in field.name else field.name)
        if pyarrow.types.is_struct(field.type):
            yield from columns(field.type, path + ".")
        else:
            yield path, field.type


def value(row, path):
    if path in row:
        return row[path]
    for name in path.split("."):
        row = None if row is None else row[name.strip('"')]
    return row


def text(of):
    if of is None:
        return ""
    return str(of).lower() if isinstance(of, bool) else str(of)


def moment(of):
    """The day of a time, a date or a number of seconds; none where windrow takes it for no time."""
    if isinstance(of, datetime.datetime):
        of = of.astimezone(datetime.timezone.utc) if of.tzinfo else of
        return of.strftime("%Y-%m-%d")
    if isinstance(of, datetime.date):
        return of.isoformat()
    return None if of is None else (EPOCH + datetime.timedelta(seconds=of)).strftime("%Y-%m-%d")


def question(schema):
    """The column of the time, its format if it needs one, and the keys."""
    found = list(columns(schema))
    kinds = [(pyarrow.types.is_timestamp, []), (pyarrow.types.is_date, []), (pyarrow.types.is_integer, ["--time-format", "epoch_s"])]
    for is_time, form in kinds:
        for path, of in found:
            if is_time(of):
                return path, form, [key for key, other in found if key != path and any(is_key(other) for is_key in IS_KEY)]
    return None


def judge(windrow, table):
    """What is wrong with the answer, or what was refused; nothing if it is right."""
    wanted = pyarrow.parquet.read_table(table / "expected")
    asked = question(wanted.schema)
    if not asked:
        return "not asked", "it has no column that can be a time"
    time, form, keys = asked
    flags = [part for key in keys for part in ("--key", key if "." in key or key.isidentifier() else f'"{key}"')]
    said = subprocess.run(
        [windrow, "run", table / "delta", "--time", time, *form, *flags, "--every", "1d"], capture_output=True, text=True, check=False
    )
    counts = collections.Counter()
    for row in wanted.to_pylist():
        if (day := moment(value(row, time))) is not None:
            counts[(day, *(text(value(row, key)) for key in keys))] += 1
    if said.returncode in (2, 3) and not said.stdout:
        return ("right" if not wanted.num_rows and "is empty" in said.stderr else "refused"), said.stderr.splitlines()[0]
    found = collections.Counter()
    for row in csv.reader(said.stdout.splitlines()[1:]):
        found[(row[0][:10], *row[2:-1])] += int(row[-1])
    if found == counts:
        return "right", f"{sum(counts.values()):,} of {wanted.num_rows:,} rows"
    return "wrong", f"{said.returncode}: {list((found - counts).items())[:3]} for {list((counts - found).items())[:3]} {said.stderr[:300]}"


def main(windrow, folder):
    ends = collections.Counter()
    for table in sorted(folder.iterdir()):
        if (table / "expected").is_dir() and (table / "delta").is_dir():
            end, why = judge(windrow, table)
            ends[end] += 1
            print(f"{table.name}: {end}: {why}")
    print(f"delta golden: {ends['right']} passed, {ends['wrong']} failed; {ends['refused']} refused, {ends['not asked']} not asked")
    return 1 if ends["wrong"] or not ends["right"] else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])))
