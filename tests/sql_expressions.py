"""Random expressions in SQL, and values that they are asked about."""

TEXTS = [None, "x", "X", "  pad ", "a%b_c", "Open", "open door", "naïve", "ÄÖ", "10", "9", "it's", "日本語", "tab\there"]
NUMBERS = [None, "0", "1", "-1", "7", "12345678901", "-9223372036854775807", "42"]
DECIMALS = [None, "0", "0.5", "-2.25", "1000000.000000001", "3"]
DAYS = [None, "2024-02-29", "1969-12-31", "2024-03-01"]


def text(dice, depth):
    part = lambda: text(dice, depth - 1)
    few = lambda: dice.randrange(0, 5)
    if depth == 0 or dice.random() < 0.2:
        return dice.choice(["a", "b", quoted(dice.choice(TEXTS[1:]))])
    return dice.choice([
        lambda: f"lower({part()})", lambda: f"upper({part()})", lambda: f"trim({part()})", lambda: f"ltrim({part()})",
        lambda: f"rtrim({part()})", lambda: f"({part()} || {part()})", lambda: f"substr({part()}, {few() + 1}, {few()})",
        lambda: f"substring({part()}, {few() + 1})", lambda: f"left({part()}, {few()})", lambda: f"right({part()}, {few()})",
        lambda: f"replace({part()}, {quoted(dice.choice(['a', 'x', 'n', '%', 'ï']))}, {part()})", lambda: f"coalesce({part()}, {part()})",
        lambda: f"nullif({part()}, {part()})", lambda: f"CAST({number(dice, depth - 1)} AS TEXT)",
        lambda: f"CASE WHEN {condition(dice, depth - 1)} THEN {part()} ELSE {part()} END",
        lambda: f"CASE {part()} WHEN {part()} THEN {part()} END",
    ])()  # fmt: skip


def number(dice, depth):
    """A whole number that stays far from its bounds."""
    part = lambda: number(dice, depth - 1)
    if depth == 0 or dice.random() < 0.2:
        return dice.choice(["i", "CAST(n AS INTEGER)", str(dice.randrange(-9, 99)), f"length({text(dice, 0)})"])
    return dice.choice([
        lambda: f"({part()} % {dice.choice(['7', '-3', '100'])})", lambda: f"(({part()} % 1000) + ({part()} % 1000))",
        lambda: f"(({part()} % 1000) * ({part()} % 1000))", lambda: f"(({part()} % 1000) - ({part()} % 1000))",
        lambda: f"abs({part()})", lambda: f"length({text(dice, depth - 1)})", lambda: f"coalesce({part()}, {part()})",
        lambda: f"CASE WHEN {condition(dice, depth - 1)} THEN {part()} ELSE {part()} END",
    ])()  # fmt: skip


def decimal(dice):
    return dice.choice(["d", "CAST(d AS DECIMAL)", "0.5", "(d + 1)", "(d - 0.25)", "abs(d)", "(d * 2)", "-d"])


def condition(dice, depth):
    sign = dice.choice(["=", "<>", "<", "<=", ">", ">="])
    part = lambda: condition(dice, depth - 1)
    if depth == 0 or dice.random() < 0.3:
        return dice.choice([
            lambda: f"{text(dice, 1)} {sign} {text(dice, 1)}", lambda: f"{number(dice, 1)} {sign} {number(dice, 1)}",
            lambda: f"{decimal(dice)} {sign} {dice.choice([decimal(dice), number(dice, 0)])}",
            lambda: f"day {sign} DATE '{dice.choice(DAYS[1:])}'", lambda: f"{dice.choice(['a', 'i', 'd', 'day'])} IS{dice.choice([' NOT', ''])} NULL",
            lambda: f"i{dice.choice([' NOT', ''])} BETWEEN {number(dice, 0)} AND {number(dice, 0)}",
            lambda: f"{text(dice, 1)}{dice.choice([' NOT', ''])} IN ({quoted('x')}, a, {dice.choice(['NULL', quoted('Open')])})",
            lambda: f"{text(dice, 1)}{dice.choice([' NOT', ''])} LIKE {quoted(dice.choice(['%a%', 'x', '_', 'O%', '%_n%', 'a!%%', '%日_', '']))} ESCAPE '!'",
            lambda: f"{dice.choice(['starts_with', 'ends_with', 'contains'])}({text(dice, 1)}, {quoted(dice.choice(['o', 'x', '日']))})",
            lambda: f"regexp_like({text(dice, 1)}, '^[a-z]+ ?')",
        ])()  # fmt: skip
    return dice.choice([
        lambda: f"({part()} AND {part()})", lambda: f"({part()} OR {part()})", lambda: f"(NOT {part()})",
        lambda: f"(CASE WHEN {part()} THEN {part()} ELSE {part()} END)", lambda: f"({part()} IS {dice.choice(['', 'NOT '])}{dice.choice(['TRUE', 'FALSE'])})",
    ])()  # fmt: skip


def quoted(value):
    return "'" + value.replace("'", "''") + "'"


# Values at the edges of what they are read as, and past them.
EDGE_TEXTS = [
    "", " ", "  ", "\t", "-", "+", "0", "-0", "+7", "007", " 12 ", "\t8", "9\f", "7\u000b", "\u00a07", "1.5", ".5", "5.", ".", "1e3", "1E-400", "e5",
    "9223372036854775807", "9223372036854775808", "-9223372036854775808", "99999999999999999999", "0.0000000005", "0.0000000015", "１２", "0x10",
    "NaN", "Infinity", "1,5", "1_000", "true", "TRUE", "False", " true", "t", "yes", "1", "null", "NULL", "ß", "ẞ", "ŉ", "İstanbul", "ı", "Σίσυφος", "ΟΔΟΣ",
    "ﬁn", "ǅ", "𝒳𐐀", "e\u0301", "\ufeffx", "\u2028", "K", "Å", "日本語", "🇩🇪", "a'b", 'a"b', "a\\b", "a_b%c", ":value0", "${x}", "--", "x" * 300, "a" * 40,
    "2024-02-29", "2023-02-29", "2024-2-9", "0000-01-01", "0001-01-01", "9998-12-31", "9999-01-01", "2024-01-01T00:00:00Z", "2024-01-01 10:00", "now", "today",
]  # fmt: skip
EDGE_NUMBERS = [
    "", "0", "1", "-1", "+7", " 42 ", "9223372036854775807", "-9223372036854775808", "-9223372036854775807", "4611686018427387904", "3037000500", "1000000000", "x", "1.5", "9" * 19,
]  # fmt: skip
EDGE_DECIMALS = [
    "", "0", "-0.0", "1", "-2.25", "0.5", "1.5", "2.5", "-0.5", "0.000000001", "-0.000000001", "0.0000000005", "1000000000", "999999999.999999999", "123456789.987654321", "1e3", "-2.5E-4",
    "9999999999", "18446744073709551616", "99999999999999999999", "100000000000000000000", "3", "7", "0.333333333", "-1000000000.000000001", "x", "5.", ".5", "1.", "++1",
]  # fmt: skip
EDGE_DAYS = ["", "2024-02-29", "1969-12-31", "1970-01-01", "0001-01-01", "9998-12-31", "9999-12-31", "2023-02-29", "1582-10-10", "2024-2-9", " 2024-03-01 ", "2024-03-01T00:00:00Z"]
EDGE_INSTANTS = [
    "", "2024-01-01T00:00:00Z", "2024-01-01 10:00:00", "1969-12-31T23:59:59.999999Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+18:00", "9998-12-31T23:59:59.999999Z",
    "9999-01-01T00:00:00Z", "2016-07-28T04:19:28.1234567899Z", "2016-07-28T04:19:28+05:30", "2016-07-28t04:19z", "2024-02-29", "1582-10-10T12:00:00Z", "now", "2016-07-28T24:00:00Z",
]  # fmt: skip
EDGE_BOOLEANS = ["", "true", "false", "TRUE", "False", " true ", "t", "1", "no", "ﬀ"]
EDGES = {
    "a": TEXTS + EDGE_TEXTS, "b": TEXTS + EDGE_TEXTS, "n": EDGE_NUMBERS + EDGE_TEXTS, "i": EDGE_NUMBERS, "d": EDGE_DECIMALS, "day": EDGE_DAYS, "instant": EDGE_INSTANTS, "flag": EDGE_BOOLEANS,
}  # fmt: skip
# Values that are what they have to be.
USUAL = {
    "a": TEXTS, "b": ["x", "Open", "ab", "10", None], "n": NUMBERS, "i": NUMBERS, "d": DECIMALS, "day": DAYS, "instant": EDGE_INSTANTS[:4], "flag": EDGE_BOOLEANS[:5],
}  # fmt: skip
TYPES = {"i": "integer", "d": "decimal", "day": "date", "instant": "timestamp", "flag": "boolean"}


class Edges:
    """Expressions of every kind, whose values may be too large, divided by zero, or cast from what they are not."""

    def __init__(self, dice):
        self.dice = dice

    def one_of(self, *makers):
        return self.dice.choice(makers)()

    def few(self):
        return self.one_of(lambda: self.dice.randrange(1, 5), lambda: self.dice.randrange(1, 5), lambda: self.dice.choice([0, 1000000, 9223372036854775807]))

    def cast(self, of, to):
        return f"{self.dice.choice(['CAST', 'TRY_CAST'])}({of} AS {to})"

    def of(self, kind, depth):
        return getattr(self, kind)(depth)

    def text(self, depth):
        dice, part = self.dice, lambda: self.text(depth - 1)
        if depth <= 0:
            return dice.choice(["a", "b", "n", quoted(dice.choice(EDGE_TEXTS))])
        return self.one_of(
            lambda: f"{dice.choice(['lower', 'upper', 'trim', 'ltrim', 'rtrim'])}({part()})", lambda: f"({part()} || {part()})",
            lambda: f"substr({part()}, {self.few()}, {self.few()})", lambda: f"substring({part()}, {self.number(depth - 1)})",
            lambda: f"{dice.choice(['left', 'right'])}({part()}, {dice.choice([self.few(), self.number(depth - 1)])})",
            lambda: f"replace({part()}, {dice.choice([quoted('a'), part()])}, {part()})", lambda: f"nullif({part()}, {part()})",
            lambda: f"CAST({self.of(dice.choice(['number', 'decimal', 'day', 'instant', 'condition']), depth - 1)} AS TEXT)",
            lambda: self.chosen("text", depth),
        )  # fmt: skip

    def number(self, depth):
        dice, part = self.dice, lambda: self.number(depth - 1)
        if depth <= 0:
            return dice.choice(["i", str(dice.choice([0, 1, -1, 7, 1000, 9223372036854775807]))])
        return self.one_of(
            lambda: f"({part()} {dice.choice('+-*%')} {part()})", lambda: f"abs({part()})", lambda: f"-({part()})", lambda: f"length({self.text(depth - 1)})",
            lambda: self.cast(self.text(depth - 1), "INTEGER"), lambda: self.cast("n", "INTEGER"), lambda: self.chosen("number", depth),
        )  # fmt: skip

    def decimal(self, depth):
        dice, part = self.dice, lambda: self.decimal(depth - 1)
        if depth <= 0:
            return dice.choice(["d", "d", dice.choice(["0.5", "2.0", "0.000000001", "1000000000.5", "3.0", "99999999999999999999.0"])])
        return self.one_of(
            lambda: f"({part()} {dice.choice('+-*/%')} {part()})", lambda: f"({part()} {dice.choice('*/')} {self.number(depth - 1)})",
            lambda: f"({self.number(depth - 1)} / {self.number(depth - 1)})", lambda: f"abs({part()})", lambda: f"-({part()})",
            lambda: self.cast(self.text(depth - 1), "DECIMAL"), lambda: self.cast(self.number(depth - 1), "DECIMAL"), lambda: self.chosen("decimal", depth),
        )  # fmt: skip

    def day(self, depth):
        if depth <= 0:
            return self.dice.choice(["day", "DATE '2024-02-29'"])
        return self.one_of(lambda: self.cast(self.text(depth - 1), "DATE"), lambda: f"CAST({self.instant(depth - 1)} AS DATE)", lambda: self.chosen("day", depth))

    def instant(self, depth):
        if depth <= 0:
            return self.dice.choice(["instant", "TIMESTAMP '2024-02-29 10:00:00'"])
        return self.one_of(
            lambda: self.cast(self.text(depth - 1), "TIMESTAMP"), lambda: f"CAST({self.day(depth - 1)} AS TIMESTAMP)", lambda: self.cast("CAST(instant AS TEXT)", "TIMESTAMP"),
            lambda: self.chosen("instant", depth),
        )  # fmt: skip

    def condition(self, depth):
        dice, part = self.dice, lambda: self.condition(depth - 1)
        if depth <= 0:
            return dice.choice(["flag", "TRUE", "a = b", "i > 0"])
        kind = dice.choice(["text", "number", "decimal", "day", "instant"])
        one = lambda: self.of(kind, depth - 1)
        return self.one_of(
            lambda: f"({one()} {dice.choice(['=', '<>', '<', '<=', '>', '>='])} {one()})", lambda: f"({one()} {dice.choice(['', 'NOT '])}BETWEEN {one()} AND {one()})",
            lambda: f"({one()} {dice.choice(['', 'NOT '])}IN ({one()}, {one()}, {one()}))", lambda: f"({one()} IS {dice.choice(['', 'NOT '])}NULL)",
            lambda: f"({part()} AND {part()} AND {part()})", lambda: f"({part()} OR {part()} OR {part()})", lambda: f"(NOT {part()})",
            lambda: f"({part()} IS {dice.choice(['', 'NOT '])}{dice.choice(['TRUE', 'FALSE'])})", lambda: self.cast(self.text(depth - 1), "BOOLEAN"),
            lambda: f"({self.text(depth - 1)} LIKE {quoted(dice.choice(['%a%', 'x%', '%b', 'a!%%', '_', '%_b', '%日%', '', '!_%!!%']))} ESCAPE '!')",
            lambda: f"{dice.choice(['starts_with', 'ends_with', 'contains'])}({self.text(depth - 1)}, {self.text(depth - 1)})",
            lambda: self.chosen("condition", depth),
        )  # fmt: skip

    def chosen(self, kind, depth):
        one, condition = lambda: self.of(kind, depth - 1), lambda: self.condition(depth - 1)
        return self.one_of(
            lambda: f"(CASE WHEN {condition()} THEN {one()} WHEN {condition()} THEN {one()} ELSE {one()} END)", lambda: f"(CASE WHEN {condition()} THEN {one()} END)",
            lambda: f"coalesce({one()}, {one()}, {one()})", lambda: f"(CASE {one()} WHEN {one()} THEN {one()} ELSE {one()} END)",
        )  # fmt: skip
