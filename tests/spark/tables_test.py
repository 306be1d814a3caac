"""Parquet that Spark reads itself, compared with the embedded engine: random jobs and files, and special cases of files.

  WINDROW_SEEDS=1000 python tests/spark/all.py target/debug/windrow tables
  python tests/spark/tables.py FOLDER SEED               # the job and the files of a seed that differs
"""

import datetime

import pyarrow as pa
import pyarrow.parquet as pq
import tables
from differential_test import seeds_agree
from program import answered, same, windrow

ROUNDS = 20


def test_both_engines_read_the_same_of_tables(place):
    def write(folder, seed):
        tables.write(folder, seed)
        # So that each row group is a part of its own.
        return 4096

    seeds_agree(place, write, ROUNDS)


JOB = """name = "tables"
version = 1
source = { path = "in", format = "parquet", time = "time", keys = ["action"] }
limits.rejects = "100%"
reports.hourly.every = "1h"
"""


def prepared(place, files):
    """Writes a job and its `files`, by name the number of rows; every tenth row has no time."""
    (place.folder / "in").mkdir()
    (place.folder / "job.toml").write_text(JOB)
    for name, rows in files.items():
        start = datetime.datetime(2016, 7, 26, tzinfo=datetime.timezone.utc)
        times = [start + datetime.timedelta(seconds=7 * row) if row % 10 else None for row in range(rows)]
        actions = [["Open", "Close", None, f"{row}"][row % 4] for row in range(rows)]
        table = pa.table({"time": pa.array(times, pa.timestamp("us", "UTC")), "action": actions})
        pq.write_table(table, place.folder / "in" / name, row_group_size=300, use_dictionary=False, compression="none", write_page_checksum=True)


def test_spark_reads_the_rows_and_windrow_those_at_fault(place):
    prepared(place, {"a.parquet": 1_000, "b [1] %20.parquet": 2_000})
    embedded = answered(place, "job.toml", "embedded")
    reads = lambda: (place.logs / "connect.log").read_text(errors="replace").count("Got job ")
    before = reads()
    said = windrow(place, "check", "job.toml", "--engine", place.address).good().said
    assert "accepts the query of this job;" in said and "itself, not Spark" not in said, said
    assert reads() == before, "a check ran a job"
    spark = answered(place, "job.toml", place.address)
    assert reads() > before, "Spark was not asked"
    same(embedded, spark)
    assert spark["summary"]["rows"]["rejected"] == 300 and len(spark["rejects"].splitlines()) == 301, spark["summary"]


def test_a_file_that_spark_reads_otherwise_is_told_and_read_by_windrow(place):
    prepared(place, {"a.parquet": 100})
    time = pa.array([datetime.datetime(2016, 7, 26)] * 3, pa.timestamp("us", "UTC"))
    pq.write_table(pa.table({"time": time, "action": [0.5, 1e300, None]}), place.folder / "in" / "b.parquet")
    said = windrow(place, "check", "job.toml", "--engine", place.address).good().said
    assert "windrow reads 1 of 2 Parquet files itself, not Spark (in/b.parquet: " in said, said
    same(*(answered(place, "job.toml", engine) for engine in ("embedded", place.address)))


def test_a_damaged_file_is_refused_alone(place):
    prepared(place, {"a.parquet": 1_000, "b.parquet": 1_001, "c.parquet": 1_002, "d.parquet": 1_003})
    # One file cannot be unpacked; in the other only a checksum shows that a letter has changed.
    damage(place.folder / "in" / "b.parquet", lambda page: bytes(len(page)))
    damage(place.folder / "in" / "c.parquet", lambda page: page.replace(b"Open", b"Oben"))
    embedded, spark = (answered(place, "job.toml", engine) for engine in ("embedded", place.address))
    same(embedded, spark)
    assert spark["summary"]["files_read"] == 2 and "b.parquet" in spark["said"] and "c.parquet" in spark["said"], spark["said"]


def damage(file, change):
    """Changes the last page of a column in the second row group."""
    chunk = pq.ParquetFile(file).metadata.row_group(1).column(1)
    data = bytearray(file.read_bytes())
    page = slice(chunk.data_page_offset + chunk.total_compressed_size - 200, chunk.data_page_offset + chunk.total_compressed_size)
    changed = change(bytes(data[page]))
    assert changed != bytes(data[page]) and len(changed) == 200
    data[page] = changed
    file.write_bytes(data)


def test_the_file_of_the_cluster_is_of_the_same_size(place):
    """If Spark finds another file under the path, the file is refused, not counted in part."""
    prepared(place, {"a.parquet": 1_000})
    (place.folder / "there").mkdir()
    (place.folder / "in" / "a.parquet").rename(place.folder / "there" / "a.parquet")
    pq.write_table(pq.read_table(place.folder / "there" / "a.parquet").slice(0, 900), place.folder / "in" / "a.parquet")
    with (place.folder / "job.toml").open("a") as job:
        job.write(f'[engine.spark.paths]\n"{place.folder}/in" = "{place.folder}/there"\n')
    spark = answered(place, "job.toml", place.address)
    assert spark["exit code"] == 4 and "Spark has read" in spark["said"], spark


def test_columns_of_folders_and_of_tables_within_a_row(place):
    time = pa.array([datetime.datetime(2016, 7, 26, hour) for hour in (1, 2, 3)], pa.timestamp("ms"))
    for number, hour in enumerate(("01", "02")):
        folder = place.folder / "in" / f"action=Open {hour}"
        folder.mkdir(parents=True)
        pq.write_table(pa.table({"time": time, "deep": [{"a": "x"}, None, {"a": "y"}]}), folder / f"{number}.parquet")
    for keys in ('["action"]', '["deep.a"]', '["action", "deep.a"]'):
        (place.folder / "job.toml").write_text(JOB.replace('["action"]', keys))
        windrow(place, "check", "job.toml", "--engine", place.address).good()
        same(*(answered(place, "job.toml", engine) for engine in ("embedded", place.address)))


def test_keys_keep_their_places_whether_the_path_or_the_table_has_them(place):
    time = pa.array([datetime.datetime(2016, 7, 26, hour) for hour in (1, 2)], pa.timestamp("ms", "UTC"))
    country = ["DE", "FR"]
    for name, columns in (("a", {"country": country}), ("b", {"action": ["Open", "Open"], "country": country}), ("c", {"country": country})):
        folder = place.folder / "in" / ("action=Close" if name == "c" else "action=Open")
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table({"time": time, **columns}), folder / f"{name}.parquet")
    (place.folder / "job.toml").write_text(JOB.replace('["action"]', '["action", "country"]'))
    embedded, spark = (answered(place, "job.toml", engine) for engine in ("embedded", place.address))
    same(embedded, spark)
    assert spark["exit code"] == 0 and spark["summary"]["files_read"] == 3, spark["said"]
