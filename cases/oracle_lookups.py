"""The oracle's look-ups: small tables, and the columns that a record gets of them. See oracle.py."""

import csv
import json
import re

from oracle_events import Reject


def of_path(value, path):
    """What a path leads to in an object, as text."""
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def rows_of(file, encoding):
    """The names of the columns of a table, and its rows: functions from a name to a text."""
    data = file.read_bytes()
    if data.startswith(b"PAR1"):
        import pyarrow.parquet

        found = pyarrow.parquet.read_table(file).to_pylist()
    elif data.lstrip()[:1] in (b"{", b"["):
        found = json.loads("[" + re.sub(r"}\s*{", "},{", data.decode().strip().strip("[]")) + "]", parse_float=str, parse_int=str)
    else:
        text = data.decode(encoding).splitlines(keepends=True)
        delimiter = max(",;\t|", key=text[0].count)
        found = list(csv.DictReader(text, delimiter=delimiter))
    names = list(dict.fromkeys(name for row in found for name in row))
    return names, [lambda name, row=row: of_path(row, name).encode() for row in found]


def tables(case, source):
    """Of each look-up of a job: what it is, its rows by their keys, and its columns by the names that rows have for them."""
    found = []
    for lookup in source.get("lookup", []):
        on = lookup["on"]
        on = {on: on} if isinstance(on, str) else {name: name for name in on} if isinstance(on, list) else on
        names, rows = rows_of(case / lookup["path"], lookup.get("encoding", "utf-8"))
        columns = lookup.get("columns", [name for name in names if name not in on.values()])
        keyed = {}
        for row in rows:
            key = tuple(row(column) for column in on.values())
            assert b"" in key or key not in keyed, key
            keyed[key] = row
        prefix = lookup.get("prefix", "")
        found.append((list(on), lookup.get("unmatched", "keep"), keyed, {prefix + name: name for name in columns}))
    return found


def joined_names(source):
    return [name for *_, columns in source.get("tables", []) for name in columns]


def join(source, record):
    """The columns that a record gets, those that it lacks where it has to have them, and why it is a reject; None if it is filtered."""
    given, lacking, why = {}, [], None
    for on, unmatched, rows, columns in source.get("tables", []):
        key = tuple((record | given).get(name, b"") for name in on)
        row = None if b"" in key else rows.get(key)
        given |= {name: row(column) if row else b"" for name, column in columns.items()}
        if row is None and unmatched == "reject":
            lacking += columns
            why = why or Reject("unmatched", ", ".join(on))
        if row is None and unmatched == "filter" and why is None:
            return None
    return given, lacking, why
