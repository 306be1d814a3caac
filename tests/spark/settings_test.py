"""Settings of sessions: the cluster's defaults change no answer, and what Spark refuses ends a run with exit code 2; a check asks
Spark whether it takes the query, and runs nothing."""

import json

import logs
import tables
from cluster import Cluster
from program import answered, same, windrow

SEEDS = range(1, 4)
TABLE_SEEDS = range(1, 9)
# By each of these alone a query fails or an answer changes, unless windrow sets it in its session; the last few do not harm.
DEFAULTS = {
    "spark.sql.ansi.enabled": "false",
    "spark.sql.session.timeZone": "Asia/Kathmandu",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.parser.escapedStringLiterals": "true",
    "spark.sql.sources.useV1SourceList": "",
    "spark.sql.analyzer.singlePassResolver.enabled": "true",
    "spark.sql.lateralColumnAlias.enableImplicitResolution": "false",
    "spark.sql.execution.arrow.compression.codec": "zstd",
    "spark.sql.execution.arrow.useLargeVarTypes": "true",
    "spark.hadoop.mapreduce.input.linerecordreader.line.maxlength": "20",
    "spark.sql.files.ignoreMissingFiles": "true",
    "spark.sql.files.ignoreCorruptFiles": "true",
    "spark.sql.caseSensitive": "true",
    "spark.sql.legacy.timeParserPolicy": "LEGACY",
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",
    "spark.sql.session.collation.default": "UTF8_LCASE",
    "spark.sql.legacy.ctePrecedencePolicy": "LEGACY",
    "spark.sql.groupByAliases": "false",
    "spark.sql.function.concatBinaryAsString": "true",
}
# The same for the settings of how Spark reads Parquet.
OF_PARQUET = {
    "spark.sql.parquet.binaryAsString": "true",
    "spark.sql.parquet.datetimeRebaseModeInRead": "LEGACY",
    "spark.sql.parquet.int96RebaseModeInRead": "LEGACY",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "false",
    "spark.sql.parquet.mergeSchema": "true",
    "spark.sql.parquet.enableVectorizedReader": "false",
    "spark.sql.parquet.recordLevelFilter.enabled": "true",
    "spark.sql.parquet.fieldId.read.enabled": "true",
    "spark.sql.legacy.parquet.nanosAsLong": "true",
    "spark.sql.caseSensitive": "false",
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",
    "spark.sql.columnNameOfCorruptRecord": "action",
}
REFUSED = {
    "spark.sql.shuffle.partitions": "abc",
    "spark.sql.limit.initialNumPartitions": "0",
    "spark.sql.warehouse.dir": "/nowhere",
    "spark.executor.memory": "1g",
    "spark.sql.defaultCatalog": "nowhere",
    "spark.sql.files.maxPartitionBytes": "0",
    "spark.sql.analyzer.maxIterations": "1",
}
JOB = """name = "settings"
version = 1
source = { path = "log.csv", time = "time", keys = ["action"] }
reports.hourly.every = "1h"
"""


def test_what_a_cluster_is_set_to_changes_no_answer(place):
    with Cluster(workers=1, conf=DEFAULTS) as cluster:
        for seed in SEEDS:
            folder = place.folder / str(seed)
            logs.write(folder, seed)
            same(*(answered(place, "job.toml", engine, at=folder) for engine in ("embedded", cluster.address)))


def test_what_a_cluster_is_set_to_changes_nothing_in_tables(place):
    with Cluster(workers=1, conf={**DEFAULTS, **OF_PARQUET}) as cluster:
        for seed in TABLE_SEEDS:
            folder = place.folder / str(seed)
            tables.write(folder, seed)
            same(*(answered(place, "job.toml", engine, at=folder) for engine in ("embedded", cluster.address)))


def test_a_setting_that_spark_refuses_is_to_be_corrected(place):
    windrow(place, "generate", "--events", 100, "-o", "log.csv").good()
    for name, value in REFUSED.items():
        (place.folder / "job.toml").write_text(f"{JOB}[engine.spark.conf]\n{json.dumps(name)} = {json.dumps(value)}\n")
        said = windrow(place, "run", "job.toml", "--engine", place.address).good(2).said
        assert "[engine.spark.conf]" in said and "retry" not in said, said


def test_a_check_asks_spark_and_runs_nothing(place):
    windrow(place, "generate", "--events", 100, "-o", "log.csv").good()
    (place.folder / "job.toml").write_text(JOB)
    before = jobs(place)
    said = windrow(place, "check", "job.toml", "--engine", place.address).good().said
    assert "accepts the query of this job" in said, said
    (place.folder / "job.toml").write_text(f'{JOB}[engine.spark.conf]\n"spark.sql.defaultCatalog" = "nowhere"\n')
    windrow(place, "check", "job.toml", "--engine", place.address).good(2)
    assert jobs(place) == before, "a check ran a job"
    (place.folder / "job.toml").write_text(JOB)
    windrow(place, "run", "job.toml", "--engine", place.address).good()
    assert jobs(place) > before, "the log does not tell of jobs: the test shows nothing"


def jobs(place):
    return (place.logs / "connect.log").read_text(errors="replace").count("Got job ")
