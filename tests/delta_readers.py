"""Others read the Delta tables that windrow writes, and windrow reads what others add to them.

    python tests/delta_readers.py path/to/examples/delta_table

The example writes a table and says what is in it; each reader must find the same rows, in all of the table and in a part
that only the stats of its files tell apart, with the log whole and with its oldest part cleaned away.
"""

import datetime
import json
import pathlib
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


def main(example):
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
    print("delta readers: all agree")


if __name__ == "__main__":
    main(sys.argv[1])
