"""Random jobs and files of JSON, an object per line, that two engines count: members in any order and spacing, values of every kind, lines
that are nearly objects. The same seed gives the same bytes.

  python tests/spark/objects.py FOLDER SEED
"""

import datetime
import json
import random
from pathlib import Path

START = 1_469_491_200
# Paths, and the names that lead to them.
PATHS = {
    "action": ["action"], "größe": ["größe"], "a`b": ["a`b"], "${x}": ["${x}"], "x|y": ["x|y"], "a b": ["a b"], '"log.level"': ["log.level"],
    "user.id": ["user", "id"], "user.name": ["user", "name"], "payload.deep.er": ["payload", "deep", "er"], "Action": ["Action"], "^$": ["^$"],
    "(?:x)": ["(?:x)"], "日本": ["日本"], "-": ["-"], "s0": ["s0"],
}  # fmt: skip
# Values as they stand in the file: those whose text is the value of a key, and others.
PLAIN = ['"Open"', '"Close"', '" Open "', '""', "1", "-0", "1.0", "2.50e+3", "1E5", "0.1", "true", "false", "null", '"ä"', '"日本"', '"a/b"', '"😀"', '"{x}"', '"null"', "12345678901234567890"]
ESCAPED = ['"a\\"b"', '"\\u0041"', '"\\ud83d\\ude00"', '"\\/"', '"a\\\\"', '"\\n"']
ODD = [
    '"\\u0000"', '"\\ud800"', '"\\q"', '"\\u12"', '"\\ude00\\ud83d"', "[]", "{}", "[1,2]", '{"a":1}', "01", "1.", ".5", "+1", "1e", "NaN", "-Infinity", "tru", "'x'",
    "undefined", '"a\tb"', '"a\x01b"', '"\x01"', '"open', "", '"a"b"', "0x1", "--1", "nul", "True",
]  # fmt: skip
NESTED = [
    "[]", "{}", "[ 1 , \"x\" ]", '{"time":1,"action":"no"}', '[{"action":[1,{"a":null}]},2]', '{"a":{"b":{"c":{"d":{"e":1}}}}}', "[[[[[[1]]]]]]",
    '{"a":"\\u00e9","b\\n":[true,false]}',
]  # fmt: skip
NOT_NESTED = ["[1,]", "[,1]", '{"a":1,}', '{"a"}', '{"a":}', "[1 2]", '{"a":1 "b":2}', "{1:2}", "[", "{", "]", '{"a":[}', '["\\ud800"]']
BAD_TIMES = ['"now"', '"2016-7-8"', "null", "7", "true", '""', '" 2016-07-26T00:00:00Z "', '"2016-07-26T00:00Z"', '"2016-02-30T00:00:00Z"', '"9999-12-31T00:00:00Z"', "{}", '"\\u0032016-07-26T00:00:00Z"']
BYTES = [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xc0\x80", b"\xf5\x80", b"\0", b"\x01", b"\r", b"\t", b" ", b'"', b"\\", b",", b":", b"{", b"}", b"[", b"]", b"\xef\xbf\xbd", b"\x7f", b"\xe2\x80\xa8", b"\xc2\x85", b"\xc2\xa0"]


class Log:
    """One file, by the choices of `chance`."""

    def __init__(self, chance, paths, time_format, dirt):
        self.chance, self.paths, self.time_format, self.dirt = chance, paths, time_format, dirt
        self.second, self.rows, self.is_ordered = START, 0, chance.random() < 0.6
        self.comma, self.colon = chance.choice([(",", ":"), (",", ":"), (", ", ": "), (" ,\t", " : ")])
        self.others = chance.sample(["level", "message", "tags", "extra", "TIME", "actions", "Reader"], chance.choice([0, 0, 2, 5]))
        self.layout = chance.choice([None, "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%d %H:%M:%S"])
        self.is_simple = chance.random() < 0.4

    def time(self):
        chance = self.chance
        self.second += chance.choice([0, 1, 3, 60, 600, -30])
        if self.time_format != "iso":
            number = str(self.second * {"epoch_s": 1, "epoch_ms": 1000, "epoch_us": 10**6}[self.time_format])
            return number if chance.random() < 0.7 else f'"{number}"'
        moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=self.second, microseconds=chance.choice([0, 250_000]))
        layout = self.layout or chance.choice(["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%f+02:00", "%Y-%m-%dT%H:%MZ", "%Y-%m-%d %H:%M:%S"])
        return f'"{moment.strftime(layout)}"'

    def value(self):
        chance = self.chance
        if self.is_simple or chance.random() < 0.8:
            return chance.choice(PLAIN[:3])
        return chance.choice(PLAIN if chance.random() < 0.9 else ESCAPED)

    def other(self):
        chance = self.chance
        return chance.choice([*PLAIN, *ESCAPED, *NESTED]) if chance.random() < 0.5 else '"%s"' % ("x" * chance.randrange(30))

    def members(self):
        """The members of a row as pairs of a name and a value; values that are lists have members themselves."""
        self.rows += 1
        found = [("time", self.time()), ("reader", '"windrow"'), ("id", str(self.rows))]
        for path in self.paths:
            at = found
            if self.chance.random() < 0.03:
                continue
            *through, last = PATHS[path]
            for name in through:
                within = next((value for other, value in at if other == name), None)
                if within is None:
                    within = []
                    at.append((name, within))
                at = within
            at.append((last, self.value()))
        return found + [(name, self.other()) for name in self.others]

    def row(self, members=None):
        members = self.members() if members is None else members
        if not self.is_ordered:
            self.chance.shuffle(members)
        return self.object(members)

    def object(self, members):
        texts = (name_text(name) + self.colon + (self.object(value) if isinstance(value, list) else value) for name, value in members)
        return "{" + self.comma.join(texts) + "}"

    def broken(self):
        """A line that is not what it seems, as bytes."""
        chance, members = self.chance, self.members()
        place = chance.randrange(len(members))
        name, value = members[place]
        kind = chance.randrange(16)
        if kind == 0:
            members[place] = (name, chance.choice(ODD + NOT_NESTED + ESCAPED))
        elif kind == 1:
            members.insert(chance.randrange(len(members) + 1), (name, chance.choice(PLAIN)))
        elif kind == 2:
            members.append(("more", chance.choice(NOT_NESTED + ODD + NESTED)))
        elif kind == 3:
            members[place] = (f"\\u{ord(name[0]):04x}{name[1:]}", value)
        elif kind == 4:
            members = [(other, chance.choice(BAD_TIMES) if other == "time" else value) for other, value in members]
        elif kind == 5:
            return chance.choice([b"", b" ", b"\t", b"\r", b" \t ", b"\x0b", b"\x0c", b"\xc2\xa0", b"\x01", b"\x01\x01", b"[1]", b"5", b'"x"', b"null", b"{}", b"{ }", b"{,}", b"#"])
        elif kind == 6:
            return self.row().encode() + chance.choice([b"TRAILER", b" ", b"\t\r", b",", b"}", b"{}", b"\0", b"\x0c", b"\r"])
        elif kind == 7:
            return chance.choice([b" ", b"\t", b"\xef\xbb\xbf", b"\x01", b"[", b"\r"]) + self.row().encode()
        elif kind == 8:
            return b"\x01" + b"\x01".join(chance.choice([b"2016-07-26T00:00:00Z", b"Open", b"windrow", b""]) for _ in range(len(self.paths) + 2))
        elif kind == 9:
            members.append(("deep", "[" * (depth := chance.choice([2, 5, 127, 128, 200])) + "]" * depth))
        elif kind == 10:
            members = [member for member in members if member[0] != chance.choice(["time", "reader", "user"])]
        elif kind == 11:
            members = [(chance.choice(["user", "payload"]), chance.choice(['"text"', "7", "[1]", "null", "{}", '{"id":{}}'])), *(one for one in members if one[0] not in ("user", "payload"))]
        row = self.row(members).encode("utf-8", "surrogatepass")
        if kind < 12:
            return row
        at = chance.randrange(len(row) + 1)
        if kind == 12:
            return row[:at]
        if kind == 13:
            return row[:at] + row[at + chance.randrange(1, 4) :]
        return row[:at] + chance.choice(BYTES) + row[at + chance.choice([0, 0, 1]) :]

    def bytes(self, rows):
        chance = self.chance
        end = chance.choice([b"\n", b"\n", b"\r\n"])
        lines = [self.broken() if chance.random() < self.dirt else self.row().encode() for _ in range(rows)]
        if rows > 30 and chance.random() < 0.1:
            lines.insert(chance.randrange(len(lines)), self.long())
        text = b"".join(line + (end if chance.random() < 0.97 else b"\n") for line in lines)
        text = chance.choice([b"", b"", b"", b"\xef\xbb\xbf"]) + text
        return text if chance.random() < 0.8 else text[: len(text) - chance.randint(1, 3)]

    def long(self):
        """A line that is about as long as one may be."""
        row = self.row()
        return (row[:-1] + ',"long":"' + "y" * ((1 << 20) - len(row.encode()) - 10 + self.chance.choice([-1, 0, 1, 2, 70_000])) + '"}').encode()


def name_text(name):
    return name if name.startswith('"') else f'"{name}"'


def write(folder, seed):
    """Writes a job and its files to `folder`; returns the size of the parts Spark should cut files into."""
    chance, folder = random.Random(seed), Path(folder)
    paths = chance.sample(list(PATHS), chance.choice([0, 1, 1, 2, 3]))
    time_format = chance.choice(["iso"] * 5 + ["epoch_s", "epoch_ms", "epoch_us"])
    zone, is_measured = chance.choice(["UTC"] * 5 + ["Europe/Berlin"]), chance.random() < 0.3
    (folder / "in").mkdir(parents=True)
    total = 0
    for number in range(chance.randrange(1, 5)):
        log = Log(chance, paths + ["n"] * is_measured, time_format, chance.choice([0, 0, 0.01, 0.1, 0.4]))
        text = log.bytes(chance.choice([0, 1, 30, 500, 2000]))
        total += len(text)
        (folder / "in" / f"ä b%20{number}.ndjson").write_bytes(text)
    lines = ['name = "seed"', "version = 1", "[source]", 'path = "in"', 'format = "json"', 'time = "time"']
    lines.append(f"keys = [{', '.join(json.dumps(key, ensure_ascii=False) for key in paths)}]")
    lines += [f'time_format = "{time_format}"'] if time_format != "iso" else []
    lines += [f'zone = "{zone}"'] if zone != "UTC" else []
    lines += ['earliest = "2016-07-26T01:00:00Z"'] if chance.random() < 0.2 else []
    lines += ['on_bad_number = "null"'] if is_measured and chance.random() < 0.3 else []
    if chance.random() < 0.3:
        key = '"' + (paths[0] if paths else "id").replace('"', '""') + '"'
        lines.append(f"where = {json.dumps(chance.choice(CONDITIONS).replace('KEY', key), ensure_ascii=False)}")
        if paths and chance.random() < 0.5:
            lines += ["[source.derive]", f"{json.dumps(paths[0], ensure_ascii=False)} = {json.dumps(f'coalesce({key}, time)', ensure_ascii=False)}"]
    lines += ["[limits]", f"rejects = {chance.choice(LIMITS)}", "[reports.windows]"]
    lines += [f"every = {chance.choice(STEPS)}", 'fill = "none"']
    if is_measured:
        lines.append(f"measures = {json.dumps(chance.sample(['sum(n)', 'max(n)', 'p50(n)', 'distinct(n)'], 2))}")
    (folder / "job.toml").write_text("\n".join(lines) + "\n")
    return max(chance.choice([256, 4 << 10, 64 << 10]), total // 30)


PATHS["n"] = ["n"]
LIMITS, STEPS = ['"100%"', '"100%"', '"5%"'], ['"10m"', '"1h"', '"1d"']
CONDITIONS = ["KEY <> 'Close'", "KEY = 'Open' OR KEY IS NULL", "time > '2016-07-26T02'", "length(KEY) < 5", "KEY LIKE 'O%'", "CAST(KEY AS INTEGER) > 0"]

if __name__ == "__main__":
    import sys

    write(sys.argv[1], int(sys.argv[2]))
