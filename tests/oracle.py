"""windrow against DuckDB: the same question to the same files, the answers compared row by row.

    tests/oracle.py BINARY [--rounds N] [--seed S]

Each round generates a log (layout of times, order, keys, columns, number of files, line ends, all drawn from the seed), asks
both for the counts per window and key, and compares. Logs with dirt are read by DuckDB from the rows that windrow
accepts, found by a plain reading in Python, so that the accounting is compared too.
"""

import argparse
import csv
import datetime as dt
import io
import pathlib
import random
import subprocess
import sys
import tempfile

import duckdb

FORMATS = ["iso", "iso-seconds", "offset", "local", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns"]
EPOCH_UNITS = {"epoch_s": 1, "epoch_ms": 1_000, "epoch_us": 1_000_000, "epoch_ns": 1_000_000_000}


def windrow(binary, *arguments):
    done = subprocess.run([binary, *map(str, arguments)], capture_output=True, check=False)
    if done.returncode:
        raise AssertionError(f"windrow {' '.join(map(str, arguments))} ended with {done.returncode}:\n{done.stderr.decode()}")
    return done.stdout.decode()


def draw(dice):
    """One log and one question."""
    return {
        "format": dice.choice(FORMATS),
        "order": dice.choice(["sorted", "shuffled", "late"]),
        "events": dice.choice([1, 50, 3_000, 20_000]),
        "span": dice.choice(["1h", "3d", "40d"]),
        "start": dice.choice(["2016-07-26", "1969-12-31", "2024-02-29"]),
        "keys": dice.choice([[], ["action=Open,Close"], ["action=40"], ["action=Open,Close", "region=7"]]),
        "extra": dice.choice([0, 0, 3, 10]),
        "files": dice.choice([1, 1, 3]),
        "line_end": dice.choice(["lf", "crlf"]),
        "every_min": dice.choice([1, 7, 10, 60, 1440]),
        "seed": dice.randrange(1 << 30),
    }


def generate(binary, folder, log):
    target = folder / ("logs" if log["files"] > 1 else "log.csv")
    if log["files"] > 1:
        target.mkdir()
    keys = [part for key in log["keys"] or ["action=Open"] for part in ("--key", key)]
    windrow(
        binary, "generate", "--events", log["events"], "--seed", log["seed"], "--span", log["span"],
        "--start", log["start"], "--time-format", log["format"], "--order", log["order"], *keys,
        "--extra-columns", log["extra"], "--files", log["files"], "--line-end", log["line_end"], "--output", target,
    )
    return target


def by_windrow(binary, target, log):
    """Rows (window start, key values..., count), as text."""
    keys = [key.split("=")[0] for key in log["keys"]]
    job = target.parent / "job.toml"
    declared = f'time_format = "{log["format"]}"\n' if log["format"] in EPOCH_UNITS else ""
    every = f'{log["every_min"]}m' if log["every_min"] < 1440 else "1d"
    job.write_text(
        f'name = "oracle"\nversion = 1\n[source]\npath = ["{target.name}"]\ntime = "time"\n{declared}'
        f"keys = {keys!r}\n[reports.counts]\nevery = \"{every}\"\nfill = \"none\"\nshape = \"long\"\n"
    )
    rows = list(csv.reader(io.StringIO(windrow(binary, "run", job, "--format", "csv", "--threads", random.choice([1, 2, 3])))))
    return sorted([row[0]] + row[2:] for row in rows[1:])


def by_duckdb(target, log):
    keys = [key.split("=")[0] for key in log["keys"]]
    files = f"{target}/*.csv" if target.is_dir() else str(target)
    unit = EPOCH_UNITS.get(log["format"])
    if unit:
        us = f"(time::HUGEINT * 1000000 // {unit})::BIGINT" if unit <= 1_000_000 else "(time::HUGEINT // 1000)::BIGINT"
        # Integer division in SQL cuts towards zero; events here have whole microseconds.
        time = f"make_timestamp({us})"
    elif log["format"] == "offset":
        # The ICU extension cannot be had everywhere: the offset is subtracted by hand.
        time = (
            "time[:-7]::TIMESTAMP - (CASE time[-6] WHEN '-' THEN -1 ELSE 1 END) * "
            "(time[-5:-4]::INT * INTERVAL 1 HOUR + time[-2:]::INT * INTERVAL 1 MINUTE)"
        )
    else:
        time = "replace(time, 'Z', '')::TIMESTAMP"
    columns = "".join(f', "{key}"' for key in keys)
    query = f"""
        SELECT strftime(time_bucket(INTERVAL {log["every_min"]} MINUTE, {time}, TIMESTAMP '1970-01-01'), '%Y-%m-%dT%H:%M:%SZ') AS w
               {columns}, count(*)
        FROM read_csv('{files}', header = true, all_varchar = true, delim = ',', quote = '"', escape = '"', sample_size = 1)
        GROUP BY w{columns}"""
    with duckdb.connect() as connection:
        return sorted([str(value) for value in row] for row in connection.execute(query).fetchall())


def check_clean(binary, dice):
    log = draw(dice)
    with tempfile.TemporaryDirectory() as folder:
        target = generate(binary, pathlib.Path(folder), log)
        ours, theirs = by_windrow(binary, target, log), by_duckdb(target, log)
    if ours != theirs:
        differing = next((pair for pair in zip(ours, theirs) if pair[0] != pair[1]), (len(ours), len(theirs)))
        raise AssertionError(f"{log}\n  windrow and DuckDB differ, first in {differing}")
    if sum(int(row[-1]) for row in ours) != log["events"]:
        raise AssertionError(f"{log}: the counts do not add up to the events")


def check_dirty(binary, dice):
    """Rows that are not events, read once more line by line in plain Python."""
    seed = dice.randrange(1 << 30)
    with tempfile.TemporaryDirectory() as folder:
        log, rejects = pathlib.Path(folder, "log.csv"), pathlib.Path(folder, "rejects.csv")
        windrow(binary, "generate", "--events", 5_000, "--seed", seed, "--dirt", "5%", "--output", log)
        out = windrow(
            binary, "run", log, "--every", "10m", "--key", "action", "--shape", "long", "--fill", "none", "--format", "csv",
            "--rejects", rejects,
        )
        counts, bad = {}, []
        for number, raw in enumerate(log.read_bytes().split(b"\n")[:-1], 1):
            fields = raw.rstrip(b"\r").split(b",")
            if number == 1 or not raw.strip() or fields == [b"time", b"action"]:
                continue
            try:
                time, action = (field.decode() for field in fields)
                if b'"' in raw or b"\0" in raw:
                    raise ValueError("quote or NUL")
                when = dt.datetime.strptime(time, "%Y-%m-%dT%H:%M:%S.%fZ")
            except ValueError:
                bad.append(number)
                continue
            window = when.replace(minute=when.minute // 10 * 10, second=0, microsecond=0)
            key = (window.strftime("%Y-%m-%dT%H:%M:%SZ"), action)
            counts[key] = counts.get(key, 0) + 1
        with rejects.open(newline="") as file:
            rejected = [int(row["line"]) for row in csv.DictReader(file)]
    ours = {(row[0], row[2]): int(row[3]) for row in list(csv.reader(io.StringIO(out)))[1:]}
    if ours != counts:
        raise AssertionError(f"seed {seed}: the counts of a dirty log differ")
    if rejected != bad:
        raise AssertionError(f"seed {seed}: rejected lines {rejected[:5]}... but {bad[:5]}... are not events")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("binary")
    arguments.add_argument("--rounds", type=int, default=60)
    arguments.add_argument("--seed", type=int, default=None, help="default: drawn, and printed when something differs")
    arguments = arguments.parse_args()
    seed = arguments.seed if arguments.seed is not None else random.randrange(1 << 30)
    passed = failed = 0
    for number in range(arguments.rounds):
        dice = random.Random(seed * 1_000_003 + number)
        try:
            (check_dirty if number % 4 == 3 else check_clean)(arguments.binary, dice)
            passed += 1
        except AssertionError as difference:
            failed += 1
            print(f"round {number} of --seed {seed}: {difference}", file=sys.stderr)
    print(f"oracle: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
