"""Jobs and event logs by a seed: clean and dirty, of many layouts, for two engines to count.

What is in them is what breaks readers of CSV: quotes in every place, line ends inside of them, records that never end, bytes
that are no text, times that are nearly times, values that are SQL. The same seed gives the same bytes.

What a line with a quote that stays open is, only other lines can tell, and Spark hands such lines over. So in half of the files
there is none: there SQL alone decides what every line is.
"""

import datetime
import random
from pathlib import Path

DELIMITERS = [",", ",", ",", ";", "\t", "|", "^", "*", ".", "$", "\\", " "]
TIMES = ["iso"] * 8 + ["epoch_s", "epoch_ms", "epoch_us", "epoch_ns", "%d/%m/%Y %H:%M:%S"]
ZONES = ["UTC"] * 6 + ["Europe/Berlin", "America/St_Johns"]
COLUMNS = ["action", "a`b", "user name", "'; DROP TABLE lines --", "größe", "what"]
# Columns that make a line long, and many.
LONG, MANY = "long", [f"c{number}" for number in range(40)]
VALUES = [
    "Open", "Close", "open", " Open ", "", "  ", "null", "NULL", "ä", "日本", "a`b", "'; DROP TABLE x --", ":delimiter",
    "${spark.app.name}", "\\", "\\n", "x\ty", "\u00a0Open", "\ufeffOpen", "%s", "--", "/*", "a" * 40, "\u2028", "0", "-1",
]  # fmt: skip
BAD_TIMES = [
    "now", "epoch", "today", "2016-7-8", "2016-07-28", "", " ", "2016-07-28T24:00:00Z", "2016-07-28T04:60:00Z",
    "2016-07-28T04:19:60Z", "2016-02-30T00:00:00Z", "0000-01-01T00:00:00Z", "2016-07-28T04:19:28+19:00",
    "2016-07-28T04:19:28+18:01", "2016-07-28T04:19:28+05:", "2016-07-28T04:19:28.Z", "2016-07-28T4:19:28Z",
    "2016-07-28T04:19:28 Z", "2016-07-28T04:19:28 UTC", "2016-07-28T04:19:28[Europe/Berlin]", "+2016-07-28T04:19:28Z",
    "2016-07-28T04:19:28+5", "2016-07-28T04:19:28-00:60", "１２-07-28", "12345678901234567890", "1e9", "1.5", "0x10",
    "99999-01-01T00:00:00Z", "2016-07-28T04:19:28ZZ", "T04:19:28Z", "2016-07-28T04", "-", "--5", "9223372036854775807",
    "-9223372036854775808", "2016-07-28t04:19:28z",
]  # fmt: skip
ODD_TIMES = [
    "2016-07-28T04:19Z", "2016-07-28 04:19", "2016-07-28T04:19:28.1234567899Z", "2016-07-28T04:19:28.5+0530",
    "2016-07-28T04:19:28-03", "2016-07-28T04:19:28z", "1969-12-31T23:59:59.9999999Z", "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59-18:00", "0001-01-01T00:00:00+18:00", "1582-10-10T00:00:00Z",
    "2016-03-27T02:30:00", "2016-10-30T02:30:00", "2000-02-29T23:59:59.999999+18:00", "1900-01-01 00:00:00",
    "2016-07-28T04:19:28+1800", "2016-07-28T04:19+00:00", "2016-07-28T04:19:28.1", "2016-07-28T04:19:28.000001",
]  # fmt: skip
# Fields with quotes in every place; `,` stands for the delimiter.
QUOTES = [
    '"a"b', 'a"b', 'a"', ' "a"', '"a" ', '"a""b"', '""a', '"a"""', '"" ""', 'a""', '""', '""""', '"a"b"c"', '"a","b"x', '","',
    '"a",,"b"', '"a"b,"c', 'a"b,"c', '"a"\t', '"a"\r', '"a', '"a""', '"', '"""', '",', '"a,', '""",""', '"\0"', '"a"\0', '"#"',
]  # fmt: skip
KINDS = 17
PARTS_MAX = 40


class Log:
    """One file: its bytes by the choices of `chance`."""

    def __init__(self, chance, columns, delimiter, comment, time_format, dirt):
        self.chance, self.columns, self.delimiter, self.comment = chance, columns, delimiter, comment
        self.time_format, self.dirt = time_format, dirt
        self.end = chance.choice(["\n", "\n", "\r\n"])
        self.start = chance.choice([0, 1469491200, 1469491200, -86400 * 3, 1459036800])
        self.quotes = chance.choice([0, 0, 0.1, 0.9, 1])
        # As in most logs all times are written alike: between date and time, digits of a second, offset.
        self.layout = (chance.choice("TT "), chance.choice([0, 0, 1, 3, 6]), chance.choice(["Z", "Z", ""]))
        self.has_layout = chance.random() < 0.6
        # No quote stays open at the end of a line.
        self.closed = chance.random() < 0.5
        self.multiline = 0 if self.closed else chance.choice([0, 0, 0.05])
        self.second = 0

    def time(self):
        chance = self.chance
        self.second += chance.choice([0, 1, 1, 3, 60, 600, -30])
        at = self.start + self.second
        fraction = chance.choice([0, 0, chance.randrange(1_000_000)])
        if self.time_format.startswith("epoch"):
            unit = {"epoch_s": 1, "epoch_ms": 10**3, "epoch_us": 10**6, "epoch_ns": 10**9}[self.time_format]
            return str(at * unit + fraction * unit // 1_000_000)
        moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=at)
        if self.time_format.startswith("%"):
            return moment.strftime(self.time_format)
        if self.has_layout:
            between, digits, offset = self.layout
            text = moment.strftime(f"%Y-%m-%d{between}%H:%M:%S")
            return text + (f".{fraction:06d}"[: digits + 1] if digits else "") + offset
        text = moment.strftime(chance.choice(["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"]))
        if fraction:
            text += f".{fraction:06d}"[: chance.randrange(2, 8)]
        return text + chance.choice(["Z"] * 12 + ["+02:00", "-0330", "+05", ""])

    def quoted(self, value):
        return '"' + value.replace('"', '""') + '"'

    def field(self, name):
        chance = self.chance
        if name == "time":
            value = self.time()
            if chance.random() < self.dirt:
                value = chance.choice(BAD_TIMES + ODD_TIMES)
            if chance.random() < 0.03:
                value = chance.choice([" ", "\t", "\f"]) + value + " "
        else:
            value = chance.choice(VALUES[:4] if chance.random() < 0.8 else VALUES)
            if name == LONG:
                value = value * 20 + "long" * 64
            if chance.random() < self.multiline:
                value += chance.choice(["\n", "\r\n", "\n\n", '\n"', "\r", self.delimiter + "\n", "\n#"]) + "x"
            elif chance.random() < self.quotes * 0.1:
                value += chance.choice(['"', '""', self.delimiter, '","', "'"])
        special = any(byte in value for byte in ('"', "\n", "\r", self.delimiter))
        return self.quoted(value) if special or chance.random() < self.quotes else value

    def row(self):
        return self.delimiter.join(self.field(name) for name in self.columns)

    def header(self):
        names = [self.quoted(name) if self.delimiter in name or self.quotes > 0.5 else name for name in self.columns]
        return self.delimiter.join(names)

    def broken(self):
        """A line that is not what it seems."""
        while True:
            line = self.any_broken()
            if not self.closed or not self.stays_open(line):
                return line

    def stays_open(self, line):
        """Whether one of the physical lines ends within quotes. One that breaks the rules of quotes before is not open."""
        text = line.decode("latin-1") if isinstance(line, bytes) else line
        return any(self.is_open(physical.removesuffix("\r")) for physical in text.split("\n"))

    def is_open(self, line):
        at = 0
        while at < len(line):
            if line[at] != '"':
                end = line.find(self.delimiter, at)
                # A quote inside of an unquoted field: a reject, whatever follows.
                if end < 0 or '"' in line[at:end]:
                    return False
                at = end + 1
                continue
            at += 1
            while True:
                at = line.find('"', at)
                if at < 0:
                    return True
                if line[at + 1 : at + 2] != '"':
                    break
                at += 2
            if line[at + 1 : at + 2] != self.delimiter:
                return False
            at += 2
        return False

    def any_broken(self):
        chance, row = self.chance, self.row()
        at = chance.randrange(len(row) + 1)
        kind = chance.randrange(KINDS)
        if kind == 0:
            return row[:at] + '"' + row[at:]
        if kind == 1:
            return row + self.delimiter * chance.randrange(1, 3)
        if kind == 2:
            return row.replace(self.delimiter, "", 1)
        if kind == 3:
            return chance.choice(["", " ", "\t", " \t \f", "\r", "   "])
        if kind == 4:
            return "#" + row
        if kind == 5:
            return chance.choice(["", "\ufeff"]) + self.header()
        if kind == 6:
            return row[:at] + "\0" + row[at:]
        if kind == 7:
            return (row[:at].encode() + chance.choice([b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xc0\x80", b"\xf5\x80"])
                    + row[at:].encode())  # fmt: skip
        if kind == 8:
            return f'"a"b{self.delimiter}' + row
        if kind == 9:
            return row + f'{self.delimiter}"never closed'
        if kind == 10:
            return row[:at] + "\r" + row[at:]
        if kind == 11:
            return '"' * chance.randrange(1, 7)
        if kind == 12:
            return "".join(chance.choice('",\n\r a#;|\t') for _ in range(chance.randrange(1, 30)))
        if kind in (13, 14):
            fields = [self.field(name) for name in self.columns]
            fields[chance.randrange(len(fields))] = chance.choice(QUOTES).replace(",", self.delimiter)
            return self.delimiter.join(fields)
        if kind == 15:
            return row + chance.choice(["\r", " ", "\t", "\r\r"])
        return row[:at]

    def bytes(self, rows):
        chance = self.chance
        lines = [chance.choice(["", "", "", "\ufeff"]) + self.header()]
        if self.comment and chance.random() < 0.2:
            lines = ["# made by a seed", " "] + lines
        for _ in range(rows):
            lines.append(self.broken() if chance.random() < self.dirt else self.row())
        if chance.random() < 0.02:
            lines.insert(chance.randrange(1, len(lines) + 1), chance.choice(["x", "é", "'" if self.closed else '"', ","]) * (1 << 20) + chance.choice(["", "t", "tail"]))
        text = b"".join(
            (line if isinstance(line, bytes) else line.encode("utf-8", "surrogatepass"))
            + (self.end if chance.random() < 0.97 else "\n").encode()
            for line in lines
        )
        if chance.random() < 0.8:
            return text
        most = 1 if self.closed and b'"' in text[-4:] else 3
        return text[: len(text) - chance.randint(1, most)]


def expressions(chance, keys, quote):
    """What a job filters and computes; mostly nothing."""
    if chance.random() < 0.6:
        return []
    name = lambda key: '"' + key.replace('"', '""') + '"'
    any_of = [name(key) for key in keys] + ["time"]
    one = lambda: chance.choice(any_of)
    conditions = [
        lambda: f"{one()} <> 'Open'", lambda: f"coalesce({one()}, '') <> 'Close'", lambda: f"lower({one()}) LIKE '%o%'", lambda: f"length({one()}) > 4",
        lambda: f"{one()} IS NOT NULL", lambda: f"CAST({one()} AS INTEGER) IS NULL", lambda: f"TRY_CAST({one()} AS INTEGER) IS NULL",
        lambda: f"substr({one()}, 1, 1) IN ('O', '2', 'a', 'Ä')", lambda: f"time < '2016-07-2' OR CAST({one()} AS DECIMAL) < 7", lambda: f"{one()} > {one()}",
    ]  # fmt: skip
    condition = lambda: chance.choice(conditions)()
    where = chance.choice([condition, lambda: f"{condition()} AND {condition()}", lambda: f"NOT ({condition()} OR {condition()})"])()
    lines = [f"where = {quote(where)}"]
    if keys and chance.random() < 0.5:
        # A derived column hides the one of its name.
        made = chance.choice([f"trim({name(keys[0])}) || '|'", f"CASE WHEN {condition()} THEN 'yes' END", f"upper({name(keys[0])})", f"CAST(length({one()}) AS TEXT)"])
        lines += ["[source.derive]", f"{quote(keys[0])} = {quote(made)}"]
    return lines


def write(folder, seed):
    """A job and its logs in `folder`; returns the size of the parts Spark should cut files into."""
    chance = random.Random(seed)
    folder = Path(folder)
    (folder / "in").mkdir(parents=True)
    delimiter = chance.choice(DELIMITERS)
    comment = chance.random() < 0.3
    time_format, zone = chance.choice(TIMES), chance.choice(ZONES)
    keys = chance.sample(COLUMNS, chance.choice([0, 1, 1, 1, 2]))
    names = ["time", *keys, *(name for name in COLUMNS if name not in keys and chance.random() < 0.3)]
    names += chance.choice([[], [], [], [LONG], [LONG, *MANY[:3]], MANY])
    for number in range(chance.randrange(1, 6)):
        columns = names[:] if number % 2 == 0 else chance.sample(names, len(names))
        dirt = chance.choice([0, 0.002, 0.02, 0.2, 0.5])
        log = Log(chance, columns, delimiter, comment, time_format, dirt)
        name = chance.choice(["a b%20", "ä", "x", "a+b", "q&a=1"]) + f"{number}.csv"
        rows = chance.choice([0, 1, 10, 200, 1000, 3000])
        (folder / "in" / name).write_bytes(b"" if chance.random() < 0.02 else log.bytes(rows))
    quote = lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t") + '"'
    lines = ['name = "seed"', "version = 1", "[source]", 'path = "in"', 'time = "time"', f"delimiter = {quote(delimiter)}"]
    lines.append(f"keys = [{', '.join(quote(key) for key in keys)}]")
    if comment:
        lines.append('comment = "#"')
    if time_format != "iso":
        lines.append(f"time_format = {quote(time_format)}")
    if zone != "UTC":
        lines.append(f"zone = {quote(zone)}")
        lines.append(f"local_times = {quote(chance.choice(['reject', 'earlier', 'later']))}")
    if chance.random() < 0.2:
        lines.append('earliest = "2016-07-01T00:00:00Z"')
    if chance.random() < 0.2:
        lines.append('latest = "2016-08-01T00:00:00Z"')
    lines += expressions(random.Random(f"expressions {seed}"), keys, quote)
    limit = chance.choice(['"100%"', '"100%"', '"5%"'])
    lines += ["[limits]", f"rejects = {limit}", "grid_rows = 100000000", "[reports.windows]"]
    lines += [f"every = {quote(chance.choice(['10m', '1s', '1h', '1d']))}", 'fill = "none"']
    lines.append(f"zone = {quote(chance.choice(['UTC', 'Europe/Berlin', 'Asia/Kathmandu']))}")
    (folder / "job.toml").write_text("\n".join(lines) + "\n")
    # Some dozens of parts show what a cut can do; more of them only take time.
    total = sum(file.stat().st_size for file in (folder / "in").iterdir())
    return max(chance.choice([256, 1 << 10, 4 << 10, 64 << 10]), total // PARTS_MAX)


if __name__ == "__main__":
    import sys

    write(sys.argv[1], int(sys.argv[2]))
