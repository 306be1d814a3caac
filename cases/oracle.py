#!/usr/bin/env python3
"""A second opinion on the cases: the meaning of a job, written once more from its description, as plainly as can be.

It shares nothing with windrow, is slow, and knows only what cases need. Without arguments it compares its answer with
expect.csv and rejects.csv of every case that has a job file and counts something; with names it prints its answers to those.

    python3 cases/oracle.py
    python3 cases/oracle.py window-hourly-fold
"""

import csv
import glob
import io
import re
import sys
import tomllib
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

CASES = Path(__file__).parent
EPOCH = datetime(1970, 1, 1)
# No window begins before the first, or ends after the last; no event is after the year 9998.
FIRST, LAST, LAST_EVENT = datetime.min, datetime(9999, 12, 30), datetime(9998, 12, 31, 23, 59, 59, 999999)
WHITE = b" \t\n\v\f\r"
SKIPPED = re.compile(r"[._]|~\$|.*(\.tmp|\.part|\.crc|\._copying_|~|#[0-9]+)$", re.IGNORECASE | re.DOTALL)
UNITS_US = {"ms": 10**3, "s": 10**6, "m": 60 * 10**6, "h": 3600 * 10**6}
DAYS, MONTHS = {"d": 1, "w": 7}, {"mo": 1, "q": 3, "y": 12}
ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|z|[+-]\d\d(?::?\d\d)?)?", re.ASCII
)


class Reject(Exception):
    """A row that is not an event: the reason, and the number of the column at fault."""


# Records ---------------------------------------------------------------------------------------------------------


DELIMITERS = {"comma": b",", "semicolon": b";", "tab": b"\t", "pipe": b"|"}
# The labels of the WHATWG that mean another encoding than Python's names.
ENCODINGS = {"latin1": "cp1252", "iso-8859-1": "cp1252", "windows-1252": "cp1252"}


def split(line_and_rest, delimiter, line_end):
    """The fields of the record that the bytes begin with, and its length with the line end."""
    data, fields, at = line_and_rest, [], 0
    while True:
        if data[at : at + 1] == b'"':
            value, end = b"", at + 1
            while True:
                quote = data.find(b'"', end)
                if quote < 0:
                    raise Reject("unclosed_quote", len(fields))
                value += data[end:quote]
                end = quote + 1
                if data[end : end + 1] != b'"':
                    break
                value, end = value + b'"', end + 1
            if line_end == b"\n" and data[end : end + 2] == b"\r\n":
                end += 1
            elif data[end : end + 1] not in (delimiter, line_end, b""):
                raise Reject("text_after_quote", len(fields))
        else:
            end = at
            while data[end : end + 1] not in (delimiter, line_end, b""):
                if data[end : end + 1] == b'"':
                    raise Reject("stray_quote", len(fields))
                end += 1
            value = data[at:end]
            if data[end : end + 1] == line_end == b"\n" and value.endswith(b"\r"):
                value = value[:-1]
        fields.append(value)
        if data[end : end + 1] != delimiter:
            return fields, min(end + 1, len(data))
        at = end + 1


def without_end(record, line_end):
    """A record as it is shown: without its line end."""
    if line_end == b"\n" and record.endswith(b"\r\n"):
        return record[:-2]
    return record.removesuffix(line_end)


def line_end_of(data, source):
    """What ends the lines of a file: CR where it has no LF, unless the job says otherwise."""
    if source.get("line_end", "auto") != "auto":
        return {"lf": b"\n", "cr": b"\r"}[source["line_end"]]
    return b"\r" if b"\r" in data and b"\n" not in data else b"\n"


def delimiter_of(data, at, source, line_end):
    """The declared delimiter, or the one that separates most names in the first line with text."""
    written = source.get("delimiter", ",")
    if written != "auto":
        return DELIMITERS.get(written) or written.encode()
    rest = data[at:].lstrip(WHITE)
    outside = b""
    for number, part in enumerate(rest.split(b'"')):
        if number % 2 == 0:
            outside += part.split(line_end)[0]
            if line_end in part:
                break
    return max(DELIMITERS.values(), key=outside.count)


def records(data, source):
    """Every record: place, bytes, and fields, or a Reject, or None for what is ignored."""
    comment, line_end = source.get("comment", "").encode(), line_end_of(data, source)
    at = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    for _ in range(source.get("skip_lines", 0)):
        at = data.find(line_end, at) + 1 or len(data)
    delimiter = delimiter_of(data, at, source, line_end)
    while at < len(data):
        rest = data[at:]
        physical = rest[: rest.find(line_end) + 1] or rest
        length = len(physical)
        if comment and rest.startswith(comment) or not physical.strip(WHITE.replace(delimiter, b"")):
            found = None
        else:
            try:
                found, length = split(rest, delimiter, line_end)
                found = check_bytes(found, source)
            except Reject as reject:
                found = reject
                if reject.args[0] not in ("nul", "invalid_utf8"):
                    length = len(physical)
        yield at, without_end(rest[:length], line_end), found
        at += length


def check_bytes(fields, source):
    """The fields in UTF-8."""
    for number, field in enumerate(fields):
        if b"\0" in field:
            raise Reject("nul", number)
    if "encoding" in source:
        return [in_utf8(field, source) for field in fields]
    for number, field in enumerate(fields):
        try:
            field.decode()
        except UnicodeDecodeError:
            raise Reject("invalid_utf8", number) from None
    return fields


def in_utf8(text, source):
    label = source.get("encoding")
    return text if label is None else text.decode(ENCODINGS.get(label, label)).encode()


# Times -----------------------------------------------------------------------------------------------------------


def micros(moment):
    return (moment - EPOCH) // timedelta(microseconds=1)


def both_readings(local, zone):
    """The instants, in UTC, at which the zone's clock may show `local`, by its offsets before and after a change."""
    return [local.replace(tzinfo=zone, fold=fold).astimezone(UTC).replace(tzinfo=None) for fold in (0, 1)]


def shows(instant, local, zone):
    return instant.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None) == local


def instant_of_local(local, source):
    zone, rule = ZoneInfo(source.get("zone", "UTC")), source.get("local_times", "reject")
    if zone.key == "UTC":
        return local
    try:
        first, second = both_readings(local, zone)
    except OverflowError:
        raise Reject("out_of_range") from None
    if first != second and rule == "reject":
        raise Reject("local_fold" if shows(first, local, zone) else "local_gap")
    return min(first, second) if rule == "earlier" else max(first, second)


def read_time(field, source):
    """Microseconds since 1970."""
    text = field.strip(WHITE).decode()
    form = source.get("time_format", "iso")
    if form.startswith("epoch_"):
        if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text):
            raise Reject("bad_time")
        us = Fraction(text) * {"s": 10**6, "ms": 10**3, "us": 1, "ns": Fraction(1, 1000)}[form[6:]] // 1
    elif form == "date":
        us = read_iso(text + "T00:00", source) if len(text) == len("2024-01-31") else read_iso("", source)
    elif form == "iso":
        us = read_iso(text, source)
    else:
        us = read_pattern(text, form, source)
    if not believed("earliest", source) <= us <= believed("latest", source):
        raise Reject("out_of_range")
    return us


def believed(bound, source):
    """The first or the last instant that is believed; a date is all of its day."""
    if bound not in source:
        return micros(LAST_EVENT if bound == "latest" else FIRST)
    if len(source[bound]) == len("2024-01-31"):
        return read_iso(source[bound] + ("T23:59:59.999999" if bound == "latest" else "T00:00"), {})
    return read_iso(source[bound], {})


def read_iso(text, source):
    parts = ISO.fullmatch(text)
    if not parts:
        raise Reject("bad_time")
    digits, offset = parts[7] or "0", parts[8]
    try:
        local = datetime(*(int(part or 0) for part in parts.groups()[:6]))
    except ValueError:
        raise Reject("bad_time") from None
    us = int(digits[:6].ljust(6, "0"))
    if offset is None:
        return micros(instant_of_local(local, source)) + us
    return micros(local) + us - minutes_of(offset) * 60 * 10**6


def minutes_of(offset):
    if offset in "Zz":
        return 0
    digits = offset[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    if int(digits[2:]) > 59 or minutes > 18 * 60:
        raise Reject("bad_time")
    return -minutes if offset[0] == "-" else minutes


DIRECTIVES = {
    "%Y": r"(?P<Y>\d{4})", "%y": r"(?P<y>\d\d)", "%m": r"(?P<m>\d\d?)", "%d": r"(?P<d>\d\d?)", "%b": "(?P<b>[A-Za-z]{3})",
    "%H": r"(?P<H>\d\d?)", "%I": r"(?P<I>\d\d?)", "%M": r"(?P<M>\d\d?)", "%S": r"(?P<S>\d\d?)", "%p": "(?P<p>[AaPp][Mm])",
    "%z": r"(?P<z>Z|[+-]\d\d(?::?\d\d)?)", "%s": r"(?P<s>-?\d+)", "%.f": r"(?:\.(?P<f>\d+))?", "%f": r"(?P<f>\d+)",
}
MONTH_NAMES = "jan feb mar apr may jun jul aug sep oct nov dec".split()


def read_pattern(text, form, source):
    pieces = re.split(r"(%\.?[A-Za-z])", form)
    found = re.fullmatch("".join(DIRECTIVES.get(piece) or re.escape(piece) for piece in pieces), text, re.ASCII)
    if not found:
        raise Reject("bad_time")
    parts = {name: value for name, value in found.groupdict().items() if value is not None}
    us = int(parts.get("f", "0")[:6].ljust(6, "0"))
    if "s" in parts:
        return Fraction(parts["s"] + "." + parts.get("f", "0")) * 10**6 // 1
    number = lambda name, default=0: int(parts.get(name, default))
    afternoon, hour = parts.get("p", "").lower() == "pm", number("H")
    if "I" in parts:
        if not 1 <= number("I") <= 12:
            raise Reject("bad_time")
        hour = number("I") % 12 + 12 * afternoon
    elif "p" in parts and afternoon != (hour >= 12):
        raise Reject("bad_time")
    month = MONTH_NAMES.index(parts["b"].lower()) + 1 if "b" in parts else number("m")
    year = number("Y") if "Y" in parts else number("y") + (2000 if number("y") < 69 else 1900)
    try:
        moment = datetime(year, month, number("d"), hour, number("M"), number("S"))
    except ValueError:
        raise Reject("bad_time") from None
    if "z" in parts:
        return micros(moment) + us - minutes_of(parts["z"]) * 60 * 10**6
    return micros(instant_of_local(moment, source)) + us


# Keys ------------------------------------------------------------------------------------------------------------


def titled(word):
    """The first letter in title case, as it was before; the others in lower case."""
    return word[:1].title() + word.lower()[len(word[:1].lower()) :]


def clean(field, rule):
    """The value, or None for null."""
    if rule.get("trim", True):
        field = field.strip(WHITE)
    change = {
        "keep": str,
        "lower": str.lower,
        "upper": str.upper,
        "title": lambda text: " ".join(titled(word) for word in text.split(" ")),
    }
    return change[rule.get("case", "keep")](field.decode()) or None


# Windows ---------------------------------------------------------------------------------------------------------


def step_of(text):
    number, unit = re.fullmatch(r"(\d+)(\D+)", text).groups()
    return int(number), unit


def marks(step, first, last):
    """The readings of a clock, from `first` to `last`, that are a multiple of the step."""
    number, unit = step
    if unit in MONTHS:
        months = number * MONTHS[unit]
        count = (first.year - 1970) * 12 + first.month - 1
        while (count := count // months * months) <= (last.year - 1970) * 12 + last.month - 1:
            if count // 12 > -1970:
                yield datetime(1970 + count // 12, count % 12 + 1, 1)
            count += months
        return
    origin = datetime(1969, 12, 29) if unit == "w" else EPOCH
    length = timedelta(days=number * DAYS[unit]) if unit in DAYS else timedelta(microseconds=number * UNITS_US[unit])
    mark = origin + -(-(first - origin) // length) * length
    while mark <= last:
        yield mark
        mark += length


def boundaries(step, zone, first, last):
    """The instants at which the clock of `zone` shows a mark, around those from `first` to `last`."""
    around = timedelta(days=2 if zone.key != "UTC" else 0) + at_most(step)
    number, unit = step
    twice = unit in UNITS_US and number * UNITS_US[unit] <= UNITS_US["h"]
    found = set()
    for mark in marks(step, later(first, -around), later(last, around)):
        try:
            early, late = both_readings(mark, zone)
            is_shown = shows(early, mark, zone)
        except OverflowError:
            continue
        if is_shown:
            found |= {early, late} if twice else {early}
        else:
            found.add(end_of_gap(min(early, late), max(early, late), zone))
    ends = {end for end in (FIRST, LAST) if later(first, -around) <= end <= later(last, around)}
    return sorted({edge for edge in found if FIRST < edge < LAST} | ends)


def later(moment, by):
    """The moment `by` later, within the time that windows cover."""
    return EPOCH + min(max(moment - EPOCH + by, FIRST - EPOCH), LAST - EPOCH)


def at_most(step):
    """How long a step is, changes of the clock aside."""
    number, unit = step
    if unit in UNITS_US:
        return timedelta(microseconds=number * UNITS_US[unit])
    return timedelta(days=number * (DAYS[unit] if unit in DAYS else 31 * MONTHS[unit]))


def end_of_gap(before, after, zone):
    """The instant between both at which the clock of `zone` jumps."""
    offset = lambda instant: instant.replace(tzinfo=UTC).astimezone(zone).utcoffset()
    old = offset(before)
    while after - before > timedelta(microseconds=1):
        middle = before + (after - before) // 2
        before, after = (middle, after) if offset(middle) == old else (before, middle)
    return after


# Reports ---------------------------------------------------------------------------------------------------------


def bound(report, name, zone):
    if name not in report:
        return None
    text = str(report[name])
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC).replace(tzinfo=None)


def windows_of(report, zone, events, fill):
    """The windows of the report in order, and the keys of the events in each."""
    every, size = step_of(report["every"]), step_of(report.get("size", report["every"]))
    length = lambda step: step[0] * (UNITS_US | DAYS | MONTHS)[step[1]]
    steps = length(size) // length(every)
    times = [EPOCH + timedelta(microseconds=us) for us, _ in events]
    start, end = bound(report, "from", zone), bound(report, "to", zone)
    moments = times + [moment for moment in (start, end) if moment]
    # Where empty windows are left out only those around each event need to be looked at.
    spans = {(at, at) for at in moments} if fill == "none" else {(min(moments), max(moments))} if moments else ()
    windows = {}
    for first, last in spans:
        reach = (steps + 1) * at_most(every)
        edges = boundaries(every, zone, later(first, -reach), later(last, reach))
        for edge, after in zip(edges, edges[steps:] + [LAST] * (steps - 1) * (edges[-1] == LAST)):
            if not (start and edge < start or end and edge >= end):
                windows[edge, after] = [keys for (_, keys), at in zip(events, times) if edge <= at < after]
    grid = [(*edges, inside) for edges, inside in sorted(windows.items())]
    seen = [number for number, (_, _, inside) in enumerate(grid) if inside]
    if fill == "none":
        return [grid[number] for number in seen]
    first = 0 if start else seen[0] if seen else 0
    last = len(grid) if end else seen[-1] + 1 if seen else 0
    return grid[first:last]


def shown(instant, zone):
    """RFC 3339, whose offsets have no seconds: they are cut off, and the clock is that much off."""
    try:
        minutes = int(instant.replace(tzinfo=UTC).astimezone(zone).utcoffset() / timedelta(minutes=1))
    except OverflowError:  # before the year 1
        minutes, zone = 0, ZoneInfo("UTC")
    local = instant.replace(tzinfo=UTC).astimezone(timezone(timedelta(minutes=minutes)))
    text = local.isoformat(timespec="milliseconds" if instant.microsecond else "seconds")
    return text.replace("+00:00", "Z") if zone.key == "UTC" else text


def columns_of(keys):
    """Names that readers of Delta tables allow, whatever the case of letters; keys that can keep theirs come first."""
    taken = {"window_start", "window_end", "label", "count", "is_final", "report"}
    names = {}
    for key in keys:
        if key == re.sub(r"[\x00-\x1f ,;{}()=]", "_", key) and key.lower() not in taken:
            names[key] = key
            taken.add(key.lower())
    for key in keys:
        name = re.sub(r"[\x00-\x1f ,;{}()=]", "_", key)
        while key not in names and name.lower() in taken:
            name = "key_" + name
        taken.add(names.setdefault(key, name).lower())
    return [names[key] for key in keys]


def report_csv(report, events, key_names):
    zone = ZoneInfo(report.get("zone", "UTC"))
    values = report.get("values", [])
    wide = report.get("shape", "wide" if values else "long") == "wide"
    fill = report.get("fill", "zero" if wide or not key_names else "none")
    grid = windows_of(report, zone, events, fill)
    named = [value or None for value in values]
    null_last = lambda keys: [(value is None, (value or "").encode()) for value in keys]
    occurring = {keys for _, _, inside in grid for keys in inside}
    if fill != "none" and not wide:
        occurring |= {(value,) for value in named} if key_names else {()}
    occurring = sorted(occurring, key=null_last)
    others = [keys for keys in occurring if wide and keys[0] not in named]
    columns = [re.sub("[^a-z0-9_]", "_", value.lower()) + "_count" if value else "null_count" for value in values]
    key_columns = columns_of(key_names)
    head = columns + ["other_count"] * bool(others) + ["avg_actions"] if wide else key_columns + ["count"]
    rows = [["window_start", "window_end"] + head]
    for first, last, inside in grid:
        times = [shown(first, zone), shown(last, zone)]
        counts, empty = Counter(inside), fill == "null" and not inside
        if wide:
            some = [counts[(value,)] for value in named]
            cells = some + [sum(counts[keys] for keys in others)] * bool(others) + [sum(some) / len(some)]
            rows.append(times + ["" if empty else cell for cell in cells])
            continue
        for keys in occurring:
            if fill != "none" or counts[keys]:
                rows.append(times + [value or "" for value in keys] + ["" if empty else counts[keys]])
    return written(rows)


def written(rows):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


# A case ----------------------------------------------------------------------------------------------------------


def files_of(case, paths):
    """The names of the inputs, sorted, each once."""
    names = set()
    for path in [paths] if isinstance(paths, str) else paths:
        for found in glob.glob(str(case / path), recursive=True):
            found = Path(found)
            inside = found.rglob("*.[ct]sv") if found.is_dir() else [found]
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
    header_line, names = found[0][1], [field.strip(WHITE).decode() for field in found[0][2]]
    if any(names.count(name) != 1 for name in [source["time"], *source.get("keys", [])]):
        return [], []
    time, keys = names.index(source["time"]), [names.index(key) for key in source.get("keys", [])]
    events, rejects = [], []
    for at, raw, fields in found[1:]:
        try:
            if isinstance(fields, Reject):
                raise fields
            if len(fields) != len(names):
                raise Reject("too_few_fields" if len(fields) < len(names) else "too_many_fields", None)
            try:
                us = read_time(fields[time], source)
            except Reject as reject:
                if raw.removeprefix(b"\xef\xbb\xbf") == header_line:
                    continue
                raise Reject(reject.args[0], time) from None
            events.append((us, [fields[key] for key in keys]))
        except Reject as reject:
            reason, column = reject.args
            column = names[column] if column is not None and column < len(names) else ""
            rejects.append([name, data.count(line_end, 0, at) + 1, at, column, reason, escaped(in_utf8(raw, source))])
    return events, rejects


def is_past(limit, rejects, events):
    share, least = (1, 10) if limit is None else (limit, 0)
    if isinstance(limit, int):
        return rejects > limit
    if limit == "none":
        return False
    return rejects > least and rejects * 100 > float(str(share).strip("%")) * (rejects + events)


def answer(case):
    """What stdout and the rejects should be."""
    job = tomllib.loads((case / "job.toml").read_text())
    source, cleaning = job["source"], job.get("clean", {})
    key_names = source.get("keys", [])
    events, rejects = [], []
    for name in files_of(case, source["path"]):
        data = (case / name).read_bytes()
        its_events, its_rejects = read_file(data, source, name)
        rejects += its_rejects
        if not is_past(job.get("limits", {}).get("rejects"), len(its_rejects), len(its_events)):
            events += its_events
    events = [
        (us, tuple(clean(raw, cleaning.get(key, {})) for raw, key in zip(raws, key_names))) for us, raws in events
    ]
    reports = [report_csv(report, events, key_names) for report in job["reports"].values()]
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
        if not (case / "job.toml").exists() or (case / "args").exists() or not any(map(Path.exists, files)):
            continue
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
