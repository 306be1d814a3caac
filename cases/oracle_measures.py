"""The oracle's measures: values of columns to sums, means, ends, quantiles and numbers of different values. See oracle.py."""

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal, setcontext
from fractions import Fraction

from oracle_events import WHITE, Reject

# Nothing is lost of any number.
setcontext(Context(prec=2000, rounding=ROUND_HALF_EVEN))
UNIT = Decimal("0.000000001")


class Event(tuple):
    """The keys of an event; `values` has the texts of its measured columns."""


def parts_of(measure):
    return re.fullmatch(r"([a-z0-9.]+)\((.+)\)", measure).groups()


def columns_of(reports):
    """The columns that reports measure, and those of them that have to be numbers."""
    asked = [parts_of(measure) for report in reports for measure in report.get("measures", [])]
    columns = sorted({column for _, column in asked})
    return columns, {column for function, column in asked if function != "distinct"}


def number_of(text):
    """A text as an exact number, rounded to nine digits behind the point, or None if it is empty."""
    text = text.strip(WHITE).decode(errors="replace")
    if not text:
        return None
    if not re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", text, re.ASCII):
        raise Reject("bad_number")
    number = Decimal(text).quantize(UNIT)
    if abs(number) >= 10**20:
        raise Reject("bad_number")
    return number


def plain_number(text, source):
    """The text of a number without separators of thousands; nothing for what is not a number, where that is null."""
    separator, stripped = source.get("thousands"), text.strip(WHITE).decode(errors="replace")
    if separator and re.fullmatch(rf"[+-]?\d{{1,3}}({separator}\d{{3}})+([.eE].*)?", stripped, re.ASCII):
        text = stripped.replace(separator, "").encode()
    try:
        number_of(text)
    except Reject:
        if source.get("on_bad_number") != "null":
            raise
        return b""
    return text


def name_of(measure):
    function, column = parts_of(measure)
    return function.replace(".", "_") + "_" + re.sub(r"[\x00-\x1f ,;{}()=]", "_", column)


def bucket_middle(number):
    """The middle of the bucket of a number, in four digits: each power of two of units has 64 buckets."""
    units = int(number / UNIT)
    width = 1 << max(abs(units).bit_length() - 7, 0)
    middle = abs(units) // width * width + (width - 1) // 2
    last = 10 ** max(len(str(middle)) - 4, 0)
    middle = (middle + last // 2) // last * last
    return Decimal(-middle if units < 0 else middle) * UNIT


def real(number):
    """A float as CSV has it: exponents without a plus and without zeros."""
    return re.sub(r"e([+-]?)0*", lambda sign: "e" + sign[1].strip("+"), repr(number))


def answer(measure, texts):
    """What a measure comes to, as CSV has it, of the texts of its column."""
    function, _ = parts_of(measure)
    if function == "distinct":
        return len({text.strip(WHITE) for text in texts} - {b""})
    numbers = sorted(number for number in map(number_of, texts) if number is not None)
    if not numbers:
        return ""
    if function.startswith("p"):
        rank = -(-len(numbers) * Fraction(function[1:]) // 100)
        middle = bucket_middle(numbers[max(rank, 1) - 1])
        return real(float(min(max(middle, numbers[0]), numbers[-1])))
    if function == "mean":
        return real(float(sum(map(Fraction, numbers)) / len(numbers)))
    found = {"sum": sum(numbers), "min": numbers[0], "max": numbers[-1]}[function]
    text = format(found, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def cells(measures, columns, events):
    """What each measure comes to of some events; nothing where there are none."""
    of = lambda measure: [event.values[columns.index(parts_of(measure)[1])] for event in events]
    return [answer(measure, of(measure)) if events else "" for measure in measures]
