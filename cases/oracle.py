#!/usr/bin/env python3
"""A second opinion on the cases: the meaning of a job, written once more from its description, as plainly as can be.

It shares nothing with windrow, is slow, and knows only what cases need. Without arguments it compares its answer with
expect.csv and rejects.csv of every case that has a job file and counts something; with names it prints its answers to those.
How rows become events is in oracle_events.py, those of text logs in oracle_text.py, how events become reports in oracle_windows.py.

    python3 cases/oracle.py
    python3 cases/oracle.py window-hourly-fold
"""

import bz2
import glob
import gzip
import json
import lzma
import re
import sys
import tomllib
import urllib.parse
from pathlib import Path

sys.dont_write_bytecode = True
from oracle_events import WHITE, Reject, clean, in_utf8, line_end_of, read_time, records  # noqa: E402
from oracle_lookups import joined_names, tables  # noqa: E402
from oracle_measures import Event, columns_of as measured_columns, plain_number  # noqa: E402
from oracle_peaks import ARGS as PEAKS, peaks_csv  # noqa: E402
from oracle_sql import made  # noqa: E402
from oracle_text import read_text  # noqa: E402
from oracle_windows import report_csv, written  # noqa: E402

CASES = Path(__file__).parent
BROKEN = ["json-rejects", "sql-json-rejects", "json-cut-array", "json-as-csv", "parquet-rejects", "parquet-damaged", "parquet-as-csv", "path-time"]
SKIPPED = re.compile(r"[._]|~\$|.*(\.tmp|\.part|\.crc|\._copying_|~|#[0-9]+)$", re.IGNORECASE | re.DOTALL)


NULL = "__HIVE_DEFAULT_PARTITION__"
UNPACKED_BY = {".gz": gzip.decompress, ".bz2": bz2.decompress, ".xz": lzma.decompress}


ENDINGS = {"csv": ["csv", "tsv"], "json": ["json", "ndjson", "jsonl"], "text": ["log"], "parquet": ["parquet"]}


def counts_in_a_folder(file, kind):
    """Whether the name of a file in a folder is one that its format has."""
    endings = sum(ENDINGS.values(), []) if kind == "auto" else ENDINGS[kind]
    return file.is_file() and re.search(rf"\.({'|'.join(endings)})(\.gz|\.bz2|\.xz)?$", file.name, re.IGNORECASE)


def columns_in(name):
    """The columns that folders above a file name; of two of one name the inner one counts."""
    parts = [folder.partition("=") for folder in Path(name).parts[:-1] if "=" in folder]
    return {urllib.parse.unquote(key): "" if value == NULL else urllib.parse.unquote(value) for key, _, value in parts}


def content(file):
    """What is in a file, unpacked; empty if its compression is damaged."""
    try:
        data = UNPACKED_BY.get(file.suffix.lower(), bytes)(file.read_bytes())
    except (EOFError, OSError):
        return b""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return b"\xef\xbb\xbf" + data.decode("utf-16", "surrogatepass").encode("utf-8", "surrogatepass")
    # Without a mark a first character of ASCII shows the order.
    for order, zero in [("utf-16-le", 1), ("utf-16-be", 0)]:
        if len(data) > 1 and data[zero] == 0 and data[1 - zero] < 128 and data[1 - zero] != 0:
            return data.decode(order).encode()
    return data


class Contradiction(Exception):
    """A file says something else than its path, so that none of it counts."""


def of_both(column, said, in_path):
    """The value of a column that a file and its path have: the file says the same, or nothing."""
    if said not in (b"", in_path):
        raise Contradiction(column)
    return in_path


def check_time(times, in_file, in_path):
    """The time is in the file or in the path, and not in parts in both."""
    found = set(times) & set(in_path)
    if found & set(in_file) or found and len(times) > 1:
        raise Contradiction(found)


def files_of(case, paths, kind="csv"):
    """The names of the inputs, sorted, each once."""
    names = set()
    for path in [paths] if isinstance(paths, str) else paths:
        for found in glob.glob(str(case / path), recursive=True):
            found = Path(found)
            inside = [file for file in found.rglob("*") if counts_in_a_folder(file, kind)] if found.is_dir() else [found]
            names |= {file.resolve().relative_to(case.resolve()) for file in inside}
    return sorted(str(name) for name in names if not any(map(SKIPPED.match, name.parts)))


def escaped(raw):
    text = raw.decode(errors="surrogateescape").replace("\\", "\\\\")
    hexed = lambda match: "".join(f"\\x{byte:02x}" for byte in match[0].encode(errors="surrogateescape"))
    return re.sub("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\udc80-\udcff]", hexed, text)


def read_file(data, source, name):
    """The events of a file, and its rejects."""
    found = [record for record in records(data, source) if record[2] is not None]
    line_end = line_end_of(data, source)
    if not found:
        return [], []
    header_line, names = None, source.get("columns")
    if not names:
        header_line, names = found[0][1], [field.strip(WHITE).decode() for field in found[0][2]]
        del found[0]
    times, width = columns_of_time(source), len(names)
    in_path = {column: value.encode() for column, value in columns_in(name).items()}
    header = names
    check_time(times, names, in_path)
    names = names + [column for column in in_path if column not in names]
    made_names = [*source.get("derive", {}), *joined_names(source)]
    derived = [name for name in made_names if name in [*times, *source.get("keys", [])]]
    names = [name if name not in derived else None for name in names] + derived
    if any(names.count(name) != 1 for name in [*times, *source.get("keys", [])]):
        return [], []
    time, times, keys = names.index(times[0]), [names.index(name) for name in times], [names.index(key) for key in source.get("keys", [])]
    events, rejects = [], []
    for at, raw, fields in found:
        try:
            if isinstance(fields, Reject):
                raise fields
            if len(fields) != width:
                raise Reject("too_few_fields" if len(fields) < width else "too_many_fields", None)
            if {"where", "derive", "lookup"} & set(source) and raw.removeprefix(b"\xef\xbb\xbf") == header_line:
                continue
            columns = made(source, {**dict(zip(header, fields)), **in_path})
            if columns is None:
                continue
            fields = fields + [b""] * (len(names) - width - len(derived)) + [columns[name] for name in derived]
            for column in set(in_path) & {*times, *source.get("keys", [])}:
                fields[names.index(column)] = of_both(column, fields[names.index(column)].strip(WHITE), in_path[column])
            try:
                us = read_time(b" ".join(given(fields[column]).strip(WHITE) for column in times), source)
            except Reject as reject:
                if raw.removeprefix(b"\xef\xbb\xbf") == header_line:
                    continue
                if reject.args[0] == "bad_expression":
                    raise
                raise Reject(reject.args[0], time) from None
            for column in source.get("numbers", []):
                number_at(fields, names.index(column), source)
            events.append((us, [given(fields[key]) for key in keys]))
        except Reject as reject:
            reason, column = reject.args
            if not isinstance(column, str):
                column = names[column] if column is not None and column < len(names) else ""
            rejects.append([name, data.count(line_end, 0, at) + 1, at, column, reason, escaped(in_utf8(raw, source, "replace"))])
    return events, rejects


def given(text):
    """A text, unless it is one that an expression could not give."""
    if isinstance(text, Reject):
        raise text
    return text


def number_at(fields, column, source):
    """A measured value has to be a number."""
    try:
        fields[column] = plain_number(given(fields[column]), source)
    except Reject as reject:
        raise Reject(reject.args[0], column) from None


def columns_of_time(source):
    return [source["time"]] if isinstance(source["time"], str) else source["time"]


def of_path(value, path):
    """What a path leads to in an object, as text."""
    for name, quoted, index in re.findall(r'([^."\[\]]+)|"([^"]*)"|\[(\d+)\]', path):
        try:
            value = value[int(index)] if index and isinstance(value, list) else value[name or quoted]
        except (KeyError, IndexError, TypeError):
            return b""
    return b"" if value is None else str(value).lower().encode() if isinstance(value, bool) else value.encode()


def read_json(data, source, name):
    """The events of a file of JSON that has no rejects: its objects, wherever they stand."""
    text, at, events, in_path = data.decode(), 0, [], columns_in(name)
    decoder = json.JSONDecoder(parse_float=str, parse_int=str)
    while (at := at + len(text[at:]) - len(text[at:].lstrip(" \t\r\n[],"))) < len(text):
        row, at = decoder.raw_decode(text, at)
        check_time(columns_of_time(source), row, in_path)
        joined_on = [name for on, *_ in source.get("tables", []) for name in on]
        named = {path: of_path(row, path) for path in [*source.get("types", {}), *columns_of_time(source), *source["keys"], *joined_on]}
        if (derived := made(source, named)) is None:
            continue
        value_of = lambda path: derived[path] if path in derived else of_path(row, path)
        value = lambda path: of_both(path, of_path(row, path), in_path[path].encode()) if path in in_path else value_of(path)
        time = b" ".join(map(value, columns_of_time(source)))
        events.append((read_time(time, source), list(map(value, source["keys"]))))
    return events, []


def is_past(limit, rejects, events):
    share, least = (1, 10) if limit is None else (limit, 0)
    if isinstance(limit, int):
        return rejects > limit
    if limit == "none":
        return False
    return rejects > least and rejects * 100 > float(str(share).strip("%")) * (rejects + events)


def args_of(case):
    """The arguments of a case; none where it is a job file alone."""
    return (case / "args").read_text().splitlines() if (case / "args").exists() else []


def answer(case):
    """What stdout and the rejects should be."""
    job = tomllib.loads((case / "job.toml").read_text())
    source, cleaning = job["source"], job.get("clean", {})
    key_names = source.get("keys", [])
    measured, numbers = measured_columns(job["reports"].values())
    source = source | {"keys": key_names + measured, "numbers": sorted(numbers), "tables": tables(case, source)}
    events, rejects = [], []
    small = {lookup["path"] for lookup in source.get("lookup", [])}
    for name in files_of(case, source["path"], source.get("format", "csv")):
        if name in small:
            continue
        data = content(case / name)
        is_csv = source.get("format", "csv") == "csv"
        try:
            if source.get("format") == "text":
                its_events, found = read_text(data, source, columns_in(name))
                its_rejects = [[name, data.count(b"\n", 0, at) + 1, at, *why, escaped(raw)] for at, *why, raw in found]
            elif not is_csv and data.startswith(b"PAR1"):
                from oracle_parquet import read_parquet

                its_events, its_rejects = read_parquet(case / name, source, columns_in(name))
            elif not is_csv and data.lstrip()[:1] in (b"{", b"["):
                its_events, its_rejects = read_json(data, source, name)
            else:
                its_events, its_rejects = read_file(data, source, name)
        except Contradiction:
            continue
        rejects += its_rejects
        if not is_past(job.get("limits", {}).get("rejects"), len(its_rejects), len(its_events)):
            events += its_events
    def event(raws):
        found = Event(clean(raw, cleaning.get(key, {})) for raw, key in zip(raws, key_names))
        found.values = raws[len(key_names) :]
        return found

    events = [(us, event(raws)) for us, raws in events]
    csv_of = peaks_csv if args_of(case) == PEAKS else report_csv
    reports = [csv_of(report, events, key_names, measured) for report in job["reports"].values()]
    table = written([["file", "line", "byte", "column", "reason", "raw"], *rejects]) if rejects else ""
    return "\n".join(reports), table


def main():
    names = sys.argv[1:]
    if names:
        for name in names:
            print("\n".join(answer(CASES / name)))
        return
    wrong = compared = 0
    for case in sorted(CASES.iterdir()):
        files = [case / "expect.csv", case / "rejects.csv"]
        if not (case / "job.toml").exists() or args_of(case) not in ([], PEAKS) or not any(map(Path.exists, files)):
            continue
        if case.name in BROKEN:
            continue  # the readers of Python have no names for what is wrong
        texts = answer(case)
        compared += 1
        for file, text in zip(files, texts):
            if file.name == "expect.csv" and not file.exists():
                continue  # the run ends with an error, and only its rejects are written
            if text != (file.read_bytes().decode() if file.exists() else ""):
                wrong += 1
                print(f"{case.name}: {file.name} differs:\n{text}")
    sys.exit(f"{wrong} differences" if wrong else print(f"{compared} cases are as they should be"))


if __name__ == "__main__":
    main()
