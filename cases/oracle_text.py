"""The oracle's lines of text logs: bytes to the texts of columns. See oracle.py."""

import json
import re

from oracle_events import WHITE, Reject, read_time
from oracle_measures import plain_number
from oracle_sql import made

QUOTED = r'"(?P<{}>(?:\\.|[^\\"])*)"'
COMMON = (
    r"(?P<host>[^ ]+) (?P<ident>[^ ]+) (?P<user>(?!- [^\[])[^ \[][^\[]*) \[(?P<time>[^\]]*)\] "
    + QUOTED.format("request")
    + r" (?P<status>[0-9]{3}) (?P<bytes>[0-9]+|-)"
)
PRESETS = {
    "common": f"^{COMMON}$",
    "combined": f"^{COMMON} {QUOTED.format('referer')} {QUOTED.format('user_agent')}( (?P<rest>.*))?$",
}
USUAL_TIME = "%d/%b/%Y:%H:%M:%S %z"
PAIR = re.compile(r'([^\x00-\x20="]+)(?:(=)(?:"((?:\\.|[^\\"])*)("?)|([^\x00-\x20"]*)))?')


def columns_of(line, pattern):
    """What each column holds."""
    found = re.search(PRESETS.get(pattern, pattern), line, re.ASCII)
    if not found:
        raise Reject("no_match", None)
    columns = {name: text or "" for name, text in found.groupdict().items()}
    if pattern in PRESETS:
        parts = columns["request"].split(" ")
        is_usual = 2 <= len(parts) <= 3 and all(parts)
        columns |= dict(zip(["method", "path", "protocol"], [*parts, ""] if is_usual else ["", "", ""]))
    return columns


def pairs_of(line, wanted):
    """What each wanted name of a line of logfmt says."""
    columns, has_value, twice, at = {}, False, None, 0
    while rest := line[at:].lstrip("".join(map(chr, range(33)))):
        at = len(line) - len(rest)
        pair = PAIR.match(rest)
        if not pair:
            raise Reject("no_match", None)
        name, has_sign, quoted, closing, bare = pair.groups()
        behind = rest[pair.end() : pair.end() + 1]
        if quoted is not None and not closing:
            raise Reject("unclosed_quote", None)
        if behind > " ":
            raise Reject("no_match" if quoted is None else "text_after_quote", None)
        has_value |= bool(has_sign)
        if name in columns and name in wanted:
            twice = twice or name
        columns[name] = json_text(quoted, name) if quoted else bare or ""
        at += pair.end()
    if not has_value:
        raise Reject("no_match", None)
    if twice:
        raise Reject("duplicate_name", twice)
    for name in wanted:
        if isinstance(columns.get(name), Reject):
            raise columns[name]
    return columns


def json_text(quoted, name):
    try:
        return json.loads(f'"{quoted}"')
    except ValueError:
        return Reject("bad_escape", name)


def read_text(data, source, in_path):
    """The events of a text log whose folders name the columns `in_path`, and its rejects: place, column and reason, raw."""
    if source["pattern"] in PRESETS:
        source = {"time_format": USUAL_TIME} | source
    events, rejects, at = [], [], 3 if data.startswith(b"\xef\xbb\xbf") else 0
    for whole in data[at:].splitlines(keepends=True) if b"\r" not in data.replace(b"\r\n", b"") else []:
        raw = whole.removesuffix(b"\n").removesuffix(b"\r")
        place, at = at, at + len(whole)
        if not raw.strip(WHITE):
            continue
        try:
            event = event_of(raw, source, in_path)
            events += [event] if event else []
        except Reject as reject:
            rejects.append((place, reject.args[1] or "", reject.args[0], raw))
    return events, rejects


def event_of(raw, source, in_path):
    if b"\0" in raw:
        raise Reject("nul", None)
    try:
        line = raw.decode()
    except UnicodeDecodeError:
        raise Reject("invalid_utf8", None) from None
    keys = source.get("keys", [])
    times = [source["time"]] if isinstance(source["time"], str) else source["time"]
    if source["pattern"] == "logfmt":
        columns = pairs_of(line, [*times, *keys])
    else:
        columns = columns_of(line, source["pattern"])
    columns = {**columns, **in_path}
    numbers = [column for column, kind in source.get("types", {}).items() if kind != "text"]
    is_none = lambda column: source["pattern"] in PRESETS and column in numbers and columns[column] == "-"
    derived = made(source, {column: b"" if is_none(column) else text.encode() for column, text in columns.items()})
    if derived is None:
        return None
    columns |= {name: text.decode() for name, text in derived.items()}
    try:
        us = read_time(" ".join(columns.get(time, "") for time in times).encode(), source)
    except Reject as reject:
        raise Reject(reject.args[0], times[0]) from None
    if source["pattern"] in PRESETS and columns.get("bytes") == "-" and "bytes" in source.get("numbers", []):
        columns["bytes"] = ""
    for column in source.get("numbers", []):
        try:
            columns[column] = plain_number(columns.get(column, "").encode(), source).decode()
        except Reject as reject:
            raise Reject(reject.args[0], column) from None
    return us, [columns.get(key, "").encode() for key in keys]
