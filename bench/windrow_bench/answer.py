"""Is it the same answer? Every engine's CSV, brought to one form and hashed line by line."""

import hashlib


def lines(output):
    """Rows as text: window start, window end, the rest. Quotes, fractions of seconds and offsets (all are UTC)
    are an engine's taste; windows in which nothing happened are not told by all."""
    files = sorted(output.glob("part-*")) if output.is_dir() else [output]
    for file in files:
        with open(file, "rb") as opened:
            header = opened.readline().replace(b'"', b"").strip().split(b",")
            wide = header[-1] == b"avg_actions"
            for line in opened:
                start, end, *rest = line.rstrip(b"\r\n").replace(b'"', b"").split(b",")
                if wide:
                    counts, average = [int(count) for count in rest[:-1]], float(rest[-1])
                    if not any(counts):
                        continue
                    rest = [b"%d" % count for count in counts] + [repr(average).encode()]
                elif header[-1].startswith(b"mean_"):
                    # Floats that were added up in another order.
                    rest[-1] = b"%.12g" % float(rest[-1])
                elif header[-1].startswith(b"p95_"):
                    rest = rest[:-1]
                yield b",".join([start[:19].replace(b" ", b"T"), end[:19].replace(b" ", b"T"), *rest])


def digest(output):
    """How many rows, and their hash."""
    rows, hashed = 0, hashlib.sha256()
    for line in lines(output):
        rows += 1
        hashed.update(line + b"\n")
    return rows, hashed.hexdigest()


def first_difference(a, b):
    """The first row in which two outputs differ, as both have it."""
    ours, theirs = lines(a), lines(b)
    for number in range(1, 1 << 62):
        left, right = next(ours, None), next(theirs, None)
        if left != right:
            return f"row {number}: {show(left)} against {show(right)}"
        if left is None:
            return "none"


def show(line):
    return "nothing" if line is None else line.decode(errors="replace")
