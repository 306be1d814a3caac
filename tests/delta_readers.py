"""Others read the Delta tables that windrow writes, and windrow reads what others add to them.

    python tests/delta_readers.py path/to/examples/delta_table path/to/windrow

The example writes a table and says what is in it; each reader must find the same rows, in all of the table and in a part
that only the stats of its files tell apart, with the log whole and with its oldest part cleaned away.
"""

import datetime
import decimal
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import deltalake
import duckdb
import polars

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def plain(row):
    """A row in the words of expect.json."""
    row = dict(row)
    if row["time"] is not None:
        row["time"] = (row["time"] - EPOCH) // datetime.timedelta(microseconds=1)
    if row["bytes"] is not None:
        row["bytes"] = bytes(row["bytes"]).hex()
    return row


def rows_of(table):
    return sorted((plain(row) for row in table.to_pylist()), key=lambda row: row["n"])


def read_deltalake(path, least):
    filters = [("n", ">=", least)]
    table = deltalake.DeltaTable(path).to_pyarrow_table(filters=filters)
    return rows_of(table)


def read_polars(path, least):
    return rows_of(polars.scan_delta(str(path)).filter(polars.col("n") >= least).collect().to_arrow())


def read_duckdb(path, least):
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("LOAD delta")
        found = connection.execute("SELECT * FROM delta_scan(?) WHERE n >= ?", [str(path), least])
        return rows_of(found.to_arrow_table())


def readers():
    found = {"deltalake": read_deltalake, "polars": read_polars}
    try:
        with duckdb.connect() as connection:
            connection.execute("INSTALL delta; LOAD delta")
        found["duckdb"] = read_duckdb
    except duckdb.Error:
        print("duckdb: its Delta extension cannot be had here; not asked")
    return found


def check(found_readers, path, expect, what):
    for name, read in found_readers.items():
        for least in (0, 18):
            wanted = [row for row in expect["rows"] if row["n"] >= least]
            found = read(path, least)
            assert found == sorted(wanted, key=lambda row: row["n"]), f"{name}, {what}, n >= {least}: {found}"
        print(f"{name}: {what}: the same rows")


JOB = """name = "events"
version = 1
[source]
path = ["in"]
time = "time"
keys = ["action"]
[clean]
action = { case = "title" }
[reports.hourly]
every = "1h"
measures = ["sum(ms)", "distinct(user)"]
[output]
path = "out"
[output.events]
partition_by = [{}]
"""


def log(seed, rows, hours):
    """Rows of a log, and the events that they are."""
    chance = random.Random(seed)
    lines, events = ["time,action,ms,user"], []
    for _ in range(rows):
        time = EPOCH + datetime.timedelta(microseconds=chance.randrange(-hours, hours) * 3_600 * 10**6 + chance.randrange(10**9))
        action = chance.choice(["open", "Close", "", "größe"])
        ms = chance.choice(["", "1", "2.5", "-0.000000001"])
        user = chance.choice(["", "a", "B c"])
        lines.append(f"{time:%Y-%m-%dT%H:%M:%S.%fZ},{action},{ms},{user}")
        events.append((time, action.title() or None, decimal.Decimal(ms) if ms else None, user or None))
    return "\n".join(lines) + "\nbad,row,,\n", events


def check_events(found_readers, windrow, hours):
    """The published events are those of the files that count, in the folders of their hours. With few hours, their files are merged."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "in").mkdir()
        by = '"action"' if hours <= 3 else ""
        (folder / "job.toml").write_text(JOB.replace("{}", by))
        counted = {}
        for name, seed in [("a", 1), ("b", 2), ("a", 3), ("c", 4)]:
            text, counted[name] = log(seed, 200, hours)
            (folder / "in" / f"{name}.csv").write_text(text)
            subprocess.run([windrow, "run", "job.toml"], cwd=folder, check=True, capture_output=True)
        files = deltalake.DeltaTable(folder / "out" / "events").file_uris()
        # Three inputs, six hours, four values.
        assert hours > 3 or len(files) < 60, f"they are not merged: {len(files)} files"
        key = lambda event: tuple(str(value) for value in event)
        expect = sorted((event for events in counted.values() for event in events), key=key)
        for name, (read, of) in found_readers.items():
            rows = read(folder / "out" / "events").to_pylist()
            for row in rows:
                hour = row["time"].replace(minute=0, second=0, microsecond=0)
                assert (row["date"], row["hour"]) == (hour.date(), hour.hour), f"{name}: {row}"
                assert row["file"] in ("in/a.csv", "in/b.csv", "in/c.csv"), f"{name}: {row}"
            found = [(row["time"], row["action"], row["ms"], row["user"]) for row in rows]
            assert sorted(found, key=key) == sorted(expect, key=key), f"{name}: events"
            assert len(of(folder / "out" / "events")) == sum(event[1] == "Open" for event in expect), f"{name}: of a key"
            print(f"{name}: published events in {len(files)} files: the same {len(found)}")


def duckdb_events(path, where="TRUE"):
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("LOAD delta")
        return connection.execute(f"SELECT * FROM delta_scan(?) WHERE {where}", [str(path)]).to_arrow_table()


EVENT_READERS = {
    "deltalake": (
        lambda path: deltalake.DeltaTable(path).to_pyarrow_table(),
        lambda path: deltalake.DeltaTable(path).to_pyarrow_table(filters=[("action", "=", "Open")]),
    ),
    "polars": (
        lambda path: polars.scan_delta(str(path)).collect().to_arrow(),
        lambda path: polars.scan_delta(str(path)).filter(polars.col("action") == "Open").collect().to_arrow(),
    ),
    "duckdb": (duckdb_events, lambda path: duckdb_events(path, "action = 'Open'")),
}


def main(example, windrow):
    with tempfile.TemporaryDirectory() as folder:
        print(subprocess.run([example, folder], check=True, capture_output=True, text=True).stdout.strip())
        path = pathlib.Path(folder, "table")
        expect = json.loads(pathlib.Path(folder, "expect.json").read_text())
        found_readers = readers()
        check(found_readers, path, expect, "whole log")

        log = path / "_delta_log"
        for name in log.glob("*.json"):
            if int(name.stem) < 20:
                name.unlink()
        check(found_readers, path, expect, "from the checkpoint")

        table = deltalake.DeltaTable(path)
        assert table.version() == expect["version"]
        assert table.transaction_version("readers") == expect["version"]
        assert table.history(1)[0]["operation"] == "RUN"

        deltalake.write_deltalake(path, table.to_pyarrow_table(), mode="append")
        table = deltalake.DeltaTable(path)
        table.create_checkpoint()
        table.optimize.compact()
        found = subprocess.run([example, folder, "rows"], check=True, capture_output=True, text=True).stdout
        assert int(found) == 2 * len(expect["rows"]), found
        print("windrow: reads what deltalake appended, checkpointed and compacted")
    for hours in (3, 300_000):
        check_events({name: EVENT_READERS[name] for name in found_readers}, windrow, hours)
    print("delta readers: all agree")


if __name__ == "__main__":
    main(*sys.argv[1:3])
