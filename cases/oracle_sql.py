"""The oracle's SQL: expressions, parsed and evaluated a row at a time as plainly as can be. See oracle.py."""

import datetime as dt
import re
from decimal import Decimal

from oracle_events import WHITE, Reject, read_time
from oracle_lookups import join
from oracle_measures import UNIT

TOKEN = re.compile(r"""\s*('(?:[^']|'')*'|"[^"]*"|[0-9]+(?:\.[0-9]+)?|[A-Za-z_]\w*(?:\.\w+)*|<>|<=|>=|\|\||.)""", re.DOTALL)
EPOCH = dt.datetime(1970, 1, 1)


class Wrong(Exception):
    """A value that cannot be had."""


def whole(number):
    if not -(2**63) <= number < 2**63:
        raise Wrong(number)
    return number


def cast(value, kind):
    """A value as one of another type; white space alone is null."""
    if value is None:
        return None
    if kind == "text":
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, dt.datetime):
            return value.isoformat(timespec="microseconds" if value.microsecond else "seconds") + "Z"
        text = format(value, "f") if isinstance(value, Decimal) else str(value)
        return text.rstrip("0").rstrip(".") if isinstance(value, Decimal) and "." in text else text
    if isinstance(value, dt.datetime):
        return value.date() if kind == "date" else value
    if isinstance(value, dt.date):
        return dt.datetime.combine(value, dt.time()) if kind == "timestamp" else value
    text = str(value).strip(WHITE.decode())
    if not text:
        return None
    if kind == "integer" and re.fullmatch(r"[+-]?[0-9]+", text):
        return whole(int(text))
    if kind == "decimal" and re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", text, re.ASCII):
        return Decimal(text).quantize(UNIT)
    if kind == "boolean" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if kind in ("timestamp", "date"):
        try:
            us = read_time((text + "T00:00" if len(text) == 10 else text).encode(), {})
        except Reject:
            raise Wrong(text) from None
        time = EPOCH + dt.timedelta(microseconds=us)
        return time if kind == "timestamp" else time.date()
    raise Wrong(text)


def calculated(sign, a, b):
    is_decimal = sign == "/" or isinstance(a, Decimal) or isinstance(b, Decimal)
    if sign in "/%" and b == 0:
        raise Wrong("zero")
    a, b = Decimal(a), Decimal(b)
    found = {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "/": lambda: a / b, "%": lambda: a % b}[sign]()
    return found.quantize(UNIT) if is_decimal else whole(int(found))


def compared(sign, a, b):
    if isinstance(a, dt.datetime) != isinstance(b, dt.datetime):
        a, b = cast(a, "timestamp"), cast(b, "timestamp")
    if isinstance(a, str):
        a, b = a.encode(), b.encode()
    return {"=": a == b, "<>": a != b, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[sign]


def is_like(text, pattern, escape):
    pieces = re.findall(rf"{re.escape(escape)}.|." if escape else ".", pattern, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    return re.fullmatch("".join(wild.get(piece) or re.escape(piece[-1]) for piece in pieces), text, re.DOTALL) is not None


CALLS = {
    "lower": str.lower,
    "upper": str.upper,
    "trim": lambda text: text.strip(" "),
    "ltrim": lambda text: text.lstrip(" "),
    "rtrim": lambda text: text.rstrip(" "),
    "length": len,
    "substr": lambda text, start, n=10**9: text[start - 1 : start - 1 + n],
    "left": lambda text, n: text[:n],
    "right": lambda text, n: text[len(text) - min(n, len(text)) :],
    "replace": lambda text, part, other: text.replace(part, other) if part else text,
    "starts_with": str.startswith,
    "ends_with": str.endswith,
    "contains": lambda text, part: part in text,
    "regexp_like": lambda text, pattern: re.search(pattern, text) is not None,
    "abs": lambda number: whole(abs(number)) if isinstance(number, int) else abs(number),
}


def strict(call, *parts):
    """A function of a row that is null where a part is null."""

    def of(row):
        values = [part(row) for part in parts]
        return None if None in values else call(*values)

    return of


def both(ends, a, b):
    """AND and OR: what ends it is the answer, whatever the other is."""

    def of(row):
        first = a(row)
        if first is ends:
            return ends
        second = b(row)
        return ends if second is ends else None if None in (first, second) else second

    return of


def negated(a):
    return lambda row: None if (value := a(row)) is None else not value


class Parser:
    def __init__(self, text, types):
        self.tokens, self.at, self.types = TOKEN.findall(text.strip()) + [""], 0, types

    def take(self, *words):
        if self.tokens[self.at].upper() in words:
            self.at += 1
            return self.tokens[self.at - 1].upper()
        return None

    def need(self, word):
        assert self.take(word), (word, self.tokens[self.at :])

    def any(self):
        found = self.all()
        while self.take("OR"):
            found = both(True, found, self.all())
        return found

    def all(self):
        found = self.condition()
        while self.take("AND"):
            found = both(False, found, self.condition())
        return found

    def condition(self):
        if self.take("NOT"):
            return negated(self.condition())
        found = self.sum()
        if sign := self.take("=", "<>", "<", "<=", ">", ">="):
            return strict(lambda a, b: compared(sign, a, b), found, self.sum())
        if self.take("IS"):
            is_not = self.take("NOT")
            wanted = {"NULL": None, "TRUE": True, "FALSE": False}[self.take("NULL", "TRUE", "FALSE")]
            return lambda row: (found(row) is wanted) != bool(is_not)
        is_not = self.take("NOT")
        if self.take("IN"):
            found = self.one_of(found)
        elif self.take("LIKE"):
            pattern = self.sum()
            escape = self.sum() if self.take("ESCAPE") else lambda row: ""
            found = strict(is_like, found, pattern, escape)
        elif self.take("BETWEEN"):
            low, _, high = self.sum(), self.need("AND"), self.sum()
            at_least, at_most = (lambda a, b: compared(">=", a, b)), (lambda a, b: compared("<=", a, b))
            found = both(False, strict(at_least, found, low), strict(at_most, found, high))
        return negated(found) if is_not else found

    def one_of(self, value):
        self.need("(")
        found = lambda row: False
        while not self.take(")"):
            found = both(True, found, strict(lambda a, b: compared("=", a, b), value, self.any()))
            self.take(",")
        return found

    def sum(self):
        found = self.product()
        while sign := self.take("+", "-", "||"):
            call = (lambda a, b: a + b) if sign == "||" else (lambda a, b, sign=sign: calculated(sign, a, b))
            found = strict(call, found, self.product())
        return found

    def product(self):
        found = self.value()
        while sign := self.take("*", "/", "%"):
            found = strict(lambda a, b, sign=sign: calculated(sign, a, b), found, self.value())
        return found

    def value(self):
        if self.take("-"):
            return strict(lambda a: calculated("-", 0, a), self.value())
        if self.take("("):
            found = self.any()
            self.need(")")
            return found
        if self.take("CAST"):
            self.need("(")
            found, _, kind = self.any(), self.need("AS"), self.tokens[self.at].lower()
            self.at += 1
            self.need(")")
            return strict(lambda value: cast(value, kind), found)
        if self.take("CASE"):
            return self.case()
        if self.take("NULL"):
            return lambda row: None
        if word := self.take("TRUE", "FALSE"):
            return lambda row: word == "TRUE"
        token = self.tokens[self.at]
        self.at += 1
        if token.upper() in ("DATE", "TIMESTAMP") and self.tokens[self.at].startswith("'"):
            text = self.value()
            return lambda row: cast(text(row), token.lower())
        if token.startswith("'"):
            return lambda row: token[1:-1].replace("''", "'")
        if token[0].isdigit():
            number = Decimal(token) if "." in token else int(token)
            return lambda row: number
        return self.call(token.lower()) if self.take("(") else self.column(token.strip('"'))

    def column(self, name):
        kind = self.types.get(name, "text")
        return lambda row: row[name] if kind == "text" or not isinstance(row[name], str) else cast(row[name], kind)

    def call(self, name):
        args = []
        while not self.take(")"):
            args.append(self.any())
            self.take(",")
        if name == "coalesce":
            return lambda row: next((value for arg in args if (value := arg(row)) is not None), None)
        return strict(CALLS[name], *args)

    def case(self):
        operand = None if self.tokens[self.at].upper() == "WHEN" else self.any()
        branches, otherwise = [], lambda row: None
        while self.take("WHEN"):
            condition = self.any()
            if operand:
                condition = strict(lambda a, b: compared("=", a, b), operand, condition)
            self.need("THEN")
            branches.append((condition, self.any()))
        if self.take("ELSE"):
            otherwise = self.any()
        self.need("END")
        return lambda row: next((value for condition, value in branches if condition(row)), otherwise)(row)


class Row(dict):
    """The columns of a record; one that has no value is an error where it is asked for."""

    def __getitem__(self, name):
        value = self.get(name)
        if isinstance(value, Wrong):
            raise value
        return value


def made(source, record):
    """The columns of look-ups and the derived ones of a record as texts, or as the reject that one is; None if the record is filtered."""
    if (joined := join(source, record)) is None:
        return None
    found, lacking, unmatched = joined
    types, row = source.get("types", {}), Row({name: text.decode() or None for name, text in {**record, **found}.items()})
    row.update({name: Wrong(name) for name in lacking})

    def value_of(text):
        try:
            return Parser(text, types).any()(row)
        except Wrong as wrong:
            return wrong

    for name, text in source.get("derive", {}).items():
        row[name] = value = value_of(text)
        is_wrong = isinstance(value, Wrong)
        found[name] = Reject("bad_expression", name) if is_wrong else (cast(value, "text") or "").encode()
    if "where" in source:
        value = value_of(source["where"])
        if isinstance(value, Wrong):
            raise unmatched or Reject("bad_expression", "where")
        if not value:
            return None
    if unmatched:
        raise unmatched
    return found
