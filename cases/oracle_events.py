"""The oracle's events: bytes to records, and fields to times and values. See oracle.py."""

import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1)
# No window begins before the first, or ends after the last; no event is after the year 9998.
FIRST, LAST, LAST_EVENT = datetime.min, datetime(9999, 12, 30), datetime(9998, 12, 31, 23, 59, 59, 999999)
WHITE = b" \t\n\v\f\r"
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
        found = []
        for number, field in enumerate(fields):
            try:
                found.append(in_utf8(field, source))
            except UnicodeDecodeError:
                raise Reject("invalid_utf8", number) from None
        return found
    for number, field in enumerate(fields):
        try:
            field.decode()
        except UnicodeDecodeError:
            raise Reject("invalid_utf8", number) from None
    return fields


def in_utf8(text, source, errors="strict"):
    label = source.get("encoding")
    return text if label is None else text.decode(ENCODINGS.get(label, label), errors).encode()


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
    # White space is any white space, or none; some may stand before a number.
    spaced = lambda piece: re.sub(r"(\\\s)+", r"\\s*", re.escape(piece))
    digits = lambda piece: r"\s*" + DIRECTIVES[piece] if piece in ("%d", "%H") else DIRECTIVES.get(piece)
    found = re.fullmatch("".join(digits(piece) or spaced(piece) for piece in pieces), text, re.ASCII)
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
    year = source.get("year", year)
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
