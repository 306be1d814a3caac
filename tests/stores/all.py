"""windrow reads inputs from object stores, writes outputs and keeps ledgers there: S3 and Google Cloud Storage by moto, Azure by Azurite, started here on loopback.

    python tests/stores/all.py path/to/windrow [--long] [PART OF A NAME, SUCH AS Azure]

What is in a store has to count as the same files in a folder do, whatever the store does meanwhile: it answers late, refuses,
cuts, changes an object. Requests are counted.
"""

import base64
import concurrent.futures
import contextlib
import datetime
import gzip
import ipaddress
import json
import logging
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.parse
import uuid

import boto3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from moto.server import ThreadedMotoServer

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))
import azure
import between
import cases
import faults
from deletion_vectors import Vectors
from front import EXPIRED, HOST, Front
from place import JOB, SECRET, Kind, Place, google, reached, rows, s3


def what_is_stored_counts_as_in_a_folder(place):
    place.put("a.csv", rows(500, 1))
    place.put("day=1/b c%.csv.gz", gzip.compress(rows(500, 2, 1)))
    place.put("day=2/ä.csv", rows(500, 3, 2))
    place.put("_SUCCESS", b"")
    expected = place.digest("in")
    url = place.url
    for paths in [
        [url], [f"{url}/"], [f"{place.url}/**/*.csv*"], [f"{url}/a.csv", f"{url}/day=1", f"{url}/day=2/%C3%A4.csv"],
        [f"{url}/a.csv", f"{url}/day=?/*", "in/a.csv", "--duplicates", "refuse"],
    ]:
        code = 3 if "in/a.csv" in paths else 0
        if code:
            place.run("digest", *paths, "--every", "10m", "--key", "action", "--csv", code=code)
        else:
            assert place.digest(*paths) == expected, paths
    web = f"{place.front.url}/{place.bucket}"
    assert place.digest(f"{web}/a.csv", f"{web}/day=1/b%20c%25.csv.gz", f"{web}/day=2/%C3%A4.csv") == expected


def columns_of_folders_are_columns(place):
    place.put("action=Open/a.csv", b"time\n2024-01-01T00:00:00Z\n")
    place.put("action=Close/a.csv", b"time\n2024-01-01T00:00:00Z\n2024-01-01T00:01:00Z\n")
    assert place.digest(f"{place.url}/") == place.digest("in")


def a_large_object_is_fetched_ahead_each_block_once(place):
    body = rows(1_200_000, 4)
    place.put("large.csv", body)
    place.front.delay_s = 0.02
    expected = place.digest("in")
    place.front.counted()
    assert place.digest(f"{place.url}/large.csv", "--time", "time", "--input-format", "csv") == expected
    blocks = -(-len(body) // (4 << 20))
    # The sample and the count each open it, and the first block is kept.
    assert place.front.counted()["get"] == blocks, "each is fetched once"


def many_small_objects_are_listed_by_pages(place):
    for at in range(1_050):
        place.s3.put_object(Bucket=place.bucket, Key=f"{at:05d}.csv", Body=f"time,action\n2024-01-01T00:00:{at % 60:02d}Z,{at}\n")
    place.front.counted()
    place.job(f"{place.url}/")
    assert place.summary()["rows"]["counted"] == 1_050
    counted = place.front.counted()
    assert (counted["get"], counted["stat"]) == (1_050, 0), counted
    assert place.summary()["outcome"] == "nothing_new"
    assert place.front.counted() == {"list": 2}, "nothing is opened to find out that nothing has changed"


def what_is_looked_at_is_fetched_once(place):
    for at in range(40):
        place.put(f"{at}.csv", rows(5, at))
    expected = place.digest("in", "--time", "time")
    place.front.counted()
    assert place.digest(f"{place.url}/", "--time", "time") == expected
    assert place.front.counted() == {"list": 1, "get": 40}


def a_ledger_reads_what_changed(place):
    place.put("a.csv", rows(50, 1))
    place.put("b.csv", rows(50, 2))
    place.job(f"{place.url}/")
    place.summary()
    place.put("b.csv", rows(60, 3))
    place.put("c.csv", rows(10, 4))
    place.front.counted()
    summary = place.summary()
    assert summary["rows"]["read"] == 70, summary
    assert place.front.counted() == {"list": 1, "get": 2}
    assert place.kept() == place.digest("in", "--time", "time")
    # As where a bucket is renamed or rights are taken away: what was counted is not gone.
    place.front.refusals.extend([403] * 20)
    place.run("run", "job.toml", code=2)
    place.front.refusals.clear()
    place.front.refusals.extend([404] * 20)
    place.run("run", "job.toml", code=2)
    place.front.refusals.clear()
    assert place.kept() == place.digest("in", "--time", "time")
    # A moved object is the one that it was.
    place.s3.delete_object(Bucket=place.bucket, Key="c.csv")
    place.s3.put_object(Bucket=place.bucket, Key="d.csv", Body=rows(10, 4))
    place.summary()
    assert place.kept() == place.digest("in", "--time", "time")


def what_passes_is_tried_again(place):
    body = rows(300_000, 5)
    place.put("a.csv", body)
    expected = place.digest("in")
    for status in [503, 429, 500]:
        place.front.refusals.extend([status] * 3)
        assert place.digest(f"{place.url}/") == expected
        assert not place.front.refusals, "the fault was met"
    place.front.cuts = 2
    assert place.digest(f"{place.url}/") == expected
    assert not place.front.cuts, "the fault was met"


def what_does_not_pass_is_said_and_changes_nothing(place):
    place.put("a.csv", rows(50, 1))
    place.job(f"{place.url}/")
    place.summary()
    kept = place.kept()
    place.put("b.csv", rows(50, 2))
    place.front.refused_method = "GET"
    place.front.refusals.extend([403] * 50)
    done = place.run("run", "job.toml", code=2)
    assert "check the credentials" in done.stderr, done.stderr
    place.front.refusals.clear()
    assert place.kept() == kept
    place.summary()
    assert place.kept() == place.digest("in", "--time", "time")
    done = place.run("run", f"{place.url}-none/", "--every", "10m", code=2)
    assert "NoSuchBucket" in done.stderr and "check the name of the bucket" in done.stderr, done.stderr
    done = place.run("run", f"{place.front.url}/{place.bucket}/a.csv?X-Amz-Signature={SECRET}", "--every", "10m", code=2)
    done = place.run("run", f"{place.url}/", "--every", "10m", code=2, AWS_PROFILE="none")
    assert "AWS_PROFILE names `none`" in done.stderr, done.stderr
    done = place.run("compare", "job.toml", f"{place.url}/a.csv", code=2)
    assert "copy it to this machine" in done.stderr, done.stderr
    done = place.run("run", f"{place.url}/a.csv", "--every", "10m", "-v")
    assert "hyper" not in done.stderr, done.stderr


def an_object_that_changes_while_it_is_read_is_refused(place):
    place.put("a.csv", rows(300_000, 6))
    place.job(f"{place.url}/")

    def replace(number):
        if number == 2:
            place.s3.put_object(Bucket=place.bucket, Key="a.csv", Body=rows(300_000, 7))

    place.front.counted()
    place.front.before_range = replace
    done = place.run("run", "job.toml", code=4)
    place.front.before_range = None
    assert "changed while it was read" in done.stderr, done.stderr
    assert place.summary()["rows"]["counted"] == 300_000


def sigterm_stops_what_waits_for_a_store(place):
    place.put("a.csv", rows(50, 1))
    place.job(f"{place.url}/a.csv")
    place.front.counted()
    place.front.answering.clear()
    running = subprocess.Popen(
        [place.windrow, "run", "job.toml"], cwd=place.folder, env=place.environment(), stderr=subprocess.PIPE, text=True,
    )
    place.front.wait_for_request()
    running.send_signal(signal.SIGTERM)
    _, said = running.communicate(timeout=60)
    place.front.answering.set()
    assert running.returncode == 143, (running.returncode, said)


def a_ledger_in_a_store_is_one_on_a_disk(place):
    place.put("logs/a.csv", rows(50, 1))
    out = f"{place.url}/kept/out"
    place.job(f"{place.url}/logs", output=out)
    checked = place.run("check", "job.toml").stderr
    assert "can be written; there is no ledger yet" in checked, checked
    assert not place.s3.list_objects_v2(Bucket=place.bucket, Prefix="kept/").get("Contents"), "a check leaves nothing"
    place.front.refused_method = "PUT"
    place.front.refusals.append(403)
    assert "cannot be written" in place.run("check", "job.toml", code=2).stderr
    place.summary()
    assert place.kept() == place.digest("in/logs", "--time", "time")
    place.front.counted()
    assert place.summary()["outcome"] == "nothing_new"
    few = place.front.counted()
    for at in range(30):
        place.put(f"logs/{at}.csv", rows(5, 100 + at))
    place.summary()
    assert place.kept() == place.digest("in/logs", "--time", "time")
    place.front.counted()
    assert place.summary()["outcome"] == "nothing_new"
    many = place.front.counted()
    # The log has one more commit to read.
    assert many.total() <= few.total() + 10, f"a run with nothing new asks as often, whatever there is: {few}, {many}"
    windows = place.run("show", "job.toml", "windows", "--format", "csv").stdout
    assert len(windows.splitlines()) > 30, windows
    place.run("why", "job.toml", "2024-01-01")
    done = place.run("run", f"{place.url}/logs", "--keep", out, "--every", "1h", code=2)
    assert "--save-job" in done.stderr, done.stderr
    # The tables are Delta tables to others, and no input of a job that names the folder above them.
    place.job(f"{place.url}/", output=out)
    assert place.summary("--again", "all")["rows"]["counted"] == 200


def a_commit_whose_answer_is_lost_is_known_again(place):
    place.put("a.csv", rows(50, 1))
    place.job(f"{place.url}/a.csv", output=f"{place.url}/out")
    place.summary()
    puts = place.front.counted()["put"]
    for nth in sorted({0, 1, puts // 2, puts - 2, puts - 1}):
        place.put("a.csv", rows(50, nth))
        place.front.puts, place.front.put_faults = 0, {nth: "refused" if nth == 0 else "lost"}
        place.summary()
        place.front.put_faults = {}
        assert place.kept() == place.digest("in/a.csv", "--time", "time"), nth


def a_run_that_dies_at_any_put_leaves_a_ledger_that_the_next_goes_on_with(place):
    """From some put on, the store refuses all puts, as if the process were killed. Sometimes the answer of the last put before is lost."""
    place.put("logs/a.csv", rows(50, 1))
    place.put("logs/b.csv", rows(50, 2))
    for first in [True, False]:
        for nth in range(0, 200, 3 if first else 1):
            if first or nth == 0:
                place.job(f"{place.url}/logs", output=f"{place.url}/out{first}{nth}")
            if not first:
                place.put("logs/b.csv", rows(40 + nth, 3 + nth))
            place.front.puts, place.front.puts_left = 0, nth
            place.front.put_faults = {nth - 1: "lost"} if nth % 3 else {}
            done = subprocess.run([place.windrow, "run", "job.toml"], cwd=place.folder, env=place.environment(), capture_output=True, text=True, check=False)
            alive, place.front.puts_left, place.front.put_faults = place.front.puts_left >= 0, None, {}
            assert done.returncode in ((0,) if alive else (0, 2, 4)), (nth, done.stderr)
            if alive or nth % 4 == 0:
                place.summary()
                assert place.kept() == place.digest("in/logs", "--time", "time"), (first, nth)
            if alive:
                break
        assert alive and nth > 5, (first, nth)


def whatever_happens_to_inputs_and_answers_a_ledger_has_what_is_there(place):
    chance, there = random.Random(place.kind.name), set()
    place.job(f"{place.url}/logs", output=f"{place.url}/out")
    job = place.folder / "job.toml"
    job.write_text(job.read_text().replace("[reports.windows]", 'on_gone = "subtract"\n[reports.windows]'))
    for step in range(10):
        for _ in range(chance.randrange(1, 4)):
            name = f"logs/{chance.randrange(6)}.csv"
            if name in there and len(there) > 2 and chance.random() < 0.3:
                there.remove(name)
                place.s3.delete_object(Bucket=place.bucket, Key=name)
                (place.folder / "in" / name).unlink()
            else:
                there.add(name)
                place.put(name, rows(chance.randrange(1, 30), chance.randrange(10_000)))
        place.front.puts = 0
        place.front.put_faults = {chance.randrange(20): chance.choice(["lost", "refused", 403]) for _ in range(chance.randrange(3))}
        place.front.cuts = chance.randrange(2)
        done = subprocess.run(
            [place.windrow, "run", "job.toml", "--accept-gone"],
            cwd=place.folder, env=place.environment(), capture_output=True, text=True, check=False,
        )
        assert done.returncode in ((0, 2, 4) if 403 in place.front.put_faults.values() else (0,)), (step, done.stderr)
        place.front.put_faults, place.front.cuts = {}, 0
        if done.returncode or chance.random() < 0.3:
            place.summary("--accept-gone")
        assert place.kept() == place.digest("in/logs", "--time", "time"), step


def a_run_with_events_asks_as_often_however_many_files_there_are(place):
    a_run_asks_as_often_however_many_files_there_are(place, has_events=True)


def a_run_asks_as_often_however_many_files_there_are(place, has_events=False):
    """With nothing new, a run needs one list request per 1,000 objects, and a constant number for the ledger; with one changed file, some more."""
    asked = {}
    # Events are published in a data file per input and hour.
    most = 60 if has_events else 500
    for files in [10, most]:
        prefix = f"logs{files}"
        for at in range(files):
            place.s3.put_object(Bucket=place.bucket, Key=f"{prefix}/{at:03}.csv", Body=rows(3, at))
        place.job(f"{place.url}/{prefix}", output=f"{place.url}/out{files}")
        if has_events:
            with (place.folder / "job.toml").open("a") as job:
                job.write("[output.events]\n")
        place.summary()
        place.summary()
        place.front.counted()
        assert place.summary()["outcome"] == "nothing_new"
        nothing = place.front.counted()
        place.s3.put_object(Bucket=place.bucket, Key=f"{prefix}/005.csv", Body=rows(3, 999))
        # Without a newer event, no hour is closed, whose events would be merged.
        assert place.summary()["rows"]["read"] == 3
        asked[files] = nothing, place.front.counted()
    (few, few_changed), (many, many_changed) = asked[10], asked[most]
    assert few == many, asked
    assert abs(few_changed.total() - many_changed.total()) <= 2, asked
    print(f"stores: {place.kind.name}: asked for nothing new {dict(many)}, for one changed file among {most} {dict(many_changed)}")


def of_two_runs_at_once_one_wins(place):
    place.put("a.csv", rows(50, 1))
    place.job(f"{place.url}/a.csv", output=f"{place.url}/out")
    place.front.delay_s = 0.05
    for turn in range(3):
        place.put("a.csv", rows(50, turn + 1))
        runs = [
            subprocess.Popen([place.windrow, "run", "job.toml"], cwd=place.folder, env=place.environment(), stderr=subprocess.PIPE, text=True)
            for _ in range(3)
        ]
        said = [running.communicate(timeout=120)[1] for running in runs]
        codes = sorted(running.returncode for running in runs)
        # Who loses may be tried again; who comes later finds nothing new.
        assert codes[0] == 0 and set(codes) <= {0, 4}, (codes, said)
        place.front.delay_s = 0
        assert place.kept() == place.digest("in/a.csv", "--time", "time"), turn
        place.front.delay_s = 0.05


def an_output_is_there_whole_or_not_at_all(place):
    place.put("logs/a.csv", rows(50, 1) + b"yesterday,Open\n")
    url = place.url
    asked = [f"{url}/logs/", "--every", "10m", "--key", "action", "--max-rejects", "100%"]

    def stored(key):
        return place.s3.get_object(Bucket=place.bucket, Key=key)["Body"].read()

    for ending in ["csv", "parquet", "html"]:
        place.run("run", *asked, "-o", f"{url}/out/windows.{ending}")
    place.run("run", *asked, "-o", "windows.csv", "--rejects", "rejects.csv")
    place.run("run", *asked, "-o", f"{url}/out/windows.csv", "--rejects", f"{url}/out/rejects.csv", "--summary-json", f"{url}/out/s.json")
    assert stored("out/windows.csv") == (place.folder / "windows.csv").read_bytes()
    assert stored("out/rejects.csv") == (place.folder / "rejects.csv").read_bytes()
    assert json.loads(stored("out/s.json"))["rows"]["rejected"] == 1
    assert stored("out/windows.parquet")[-4:] == b"PAR1"
    # What is larger than one part.
    generate = ["generate", "--events", "1000000", "--seed", "3", "-o"]
    place.run(*generate, "large.csv")
    place.front.counted()
    place.run(*generate, f"{url}/large/large.csv")
    asked_parts = place.front.counted()
    assert asked_parts["put"] > 1, asked_parts
    assert stored("large/large.csv") == (place.folder / "large.csv").read_bytes()
    # A store that refuses leaves what was there, and no parts.
    for at, code in [(0, 2), (1, 2)]:
        place.front.refused_method = "PUT"
        place.front.refusals.extend([403] * (1 if at == 0 else 0))
        place.front.puts, place.front.put_faults = 0, {at: 403} if at else {}
        place.run("generate", "--events", "900000", "-o", f"{url}/large/large.csv", code=code)
        place.front.refusals.clear()
    place.front.put_faults = {}
    assert stored("large/large.csv") == (place.folder / "large.csv").read_bytes()
    assert not place.s3.list_multipart_uploads(Bucket=place.bucket).get("Uploads"), "parts are left"
    for output, said in [
        (f"{url}/logs/a.csv", "is the input"), (f"{url}/logs/new.csv", "is inside the input"), (f"{url}/out/", "is a folder"),
        (f"{place.front.url}/{place.bucket}/a.csv", "web servers take no files"),
    ]:
        done = place.run("run", *asked, "-o", output, code=2)
        assert said in done.stderr, done.stderr
    done = place.run("run", *asked, "-o", f"{url}-none/a.csv", code=2)
    assert "check the name of the bucket" in done.stderr, done.stderr


def a_delta_table_in_a_store_is_an_input(place):
    """The table is one that windrow publishes: its files are replaced when numbers change."""
    url = place.url
    table = "lake/reports/windows"
    asked = ["--input-format", "delta", "--time", "window_start"]

    def publish():
        place.job(f"{url}/logs", output=f"{url}/lake")
        place.summary()

    def live():
        contents = place.s3.list_objects_v2(Bucket=place.bucket, Prefix=f"{table}/")["Contents"]
        return {item["Key"]: place.s3.get_object(Bucket=place.bucket, Key=item["Key"])["Body"].read() for item in contents}

    def copied():
        local = place.folder / "copy"
        shutil.rmtree(local, ignore_errors=True)
        for key, body in live().items():
            path = local / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
        return place.digest(f"copy/{table}", *asked)

    def follow(code=0):
        job = JOB.format(paths=json.dumps(f"{url}/{table}"), output=json.dumps("out")).replace('"csv"', '"delta"')
        (place.folder / "job.toml").write_text(job.replace('"time"', '"window_start"'))
        return place.summary(code=code)

    place.put("logs/a.csv", rows(50, 1))
    place.put("logs/b.csv", rows(50, 2, 1))
    publish()
    for address in [f"{url}/{table}", f"{url}/{table}/"]:
        assert place.digest(address, *asked) == copied(), address
    follow()
    for at in range(3):
        place.put("logs/b.csv", rows(40 + at, 3 + at, 1))
        publish()
        follow()
        assert place.kept() == copied(), at
    place.front.counted()
    assert follow()["outcome"] == "nothing_new"
    assert place.front.counted()["get"] < 10, "no data file is opened"
    # A row that is deleted by a vector.
    log = [json.loads(line) for key, body in live().items() if key.endswith(".json") for line in body.splitlines()]
    removed = {line["remove"]["path"] for line in log if "remove" in line}
    add = next(line["add"] for line in log if "add" in line and line["add"]["path"] not in removed)
    vectors = Vectors(uuid.UUID(int=7))
    features = {"readerFeatures": ["deletionVectors"], "writerFeatures": ["deletionVectors"]}
    lines = [
        {"protocol": {"minReaderVersion": 3, "minWriterVersion": 7} | features},
        {"remove": {"path": add["path"], "dataChange": True}},
        {"add": add | {"deletionVector": vectors.add({0}, "v")}},
    ]
    version = max(int(pathlib.PurePath(key).stem) for key in live() if re.search(r"/[0-9]{20}\.json$", key)) + 1
    place.put(f"{table}/{vectors.path}", vectors.bytes)
    place.put(f"{table}/_delta_log/{version:020}.json", "\n".join(map(json.dumps, lines)).encode())
    before = place.kept()
    follow()
    assert place.kept() == copied() != before
    # A folder that is none, and a data file that is gone.
    done = place.run("run", f"{url}/logs", "--every", "1h", *asked, code=2)
    assert "is not a Delta table" in done.stderr, done.stderr
    done = place.run("run", f"{url}/lake/", "--every", "1h", "--time", "window_start", code=2)
    assert "Delta table" in done.stderr, done.stderr
    gone = [key for key in live() if key.endswith(".parquet") and "/_delta_log/" not in key]
    for key in gone:
        place.s3.delete_object(Bucket=place.bucket, Key=key)
    done = place.run("run", f"{url}/{table}", "--every", "1h", *asked, code=2)
    assert f"cannot read {url}/{table}/part-" in done.stderr, done.stderr


def delta_tables_are_found_by_a_glob(place):
    url, glob = place.url, f"{place.url}/lake/*/reports/windows"
    asked = ["--input-format", "delta", "--time", "window_start"]

    def publish(name, seed):
        place.put(f"logs/{name}.csv", rows(50, seed, seed % 20))
        place.job(f"{url}/logs/{name}.csv", output=f"{url}/lake/{name}")
        place.summary()

    def follow():
        job = JOB.format(paths=json.dumps(glob), output=json.dumps("out")).replace('"csv"', '"delta"')
        (place.folder / "job.toml").write_text(job.replace('"time"', '"window_start"'))
        return place.summary()

    for at, name in enumerate(["a", "b", ".c"]):
        publish(name, at + 1)
    tables = [f"{url}/lake/{name}/reports/windows" for name in "ab"]
    assert place.digest(glob, *asked) == place.digest(*tables, *asked)
    follow()
    for seed in [5, 6]:
        publish("b", seed)
        follow()
        assert place.kept() == place.digest(*tables, *asked), "files that left a table count no more"
    # The files belong to a table, however they are named.
    for files in ["**/*.parquet", "a/reports/windows/part-*"]:
        named = ["--every", "1h", "--time", "window_start", "--input-format", "parquet"]
        done = place.run("run", f"{url}/lake/{files}", *named, code=2)
        assert "Delta table" in done.stderr, done.stderr
    done = place.run("run", f"{url}/logs/*", "--every", "1h", *asked, code=2)
    assert "not a Delta table" in done.stderr, done.stderr


def of_a_glob_only_what_begins_like_it_is_listed(place):
    for day in ["2023-12-31", "2024-01-30", "2024-02-01", "2024-02-02"]:
        place.put(f"logs/date={day}/a.csv", rows(20, int(day[-2:])))
    place.put("logs/date=2024-02.csv", rows(20, 40))
    for glob, prefix, paths in [
        ("date=2024-02-*", "logs/date=2024-02-", ["in/logs/date=2024-02-01", "in/logs/date=2024-02-02"]),
        ("date=2024-0[12]*/*.csv", "logs/date=2024-0", [f"in/logs/date={day}" for day in ["2024-01-30", "2024-02-01", "2024-02-02"]]),
        ("*2024-01-*", "logs/", ["in/logs/date=2024-01-30"]),
    ]:
        place.front.counted()
        place.job(f"{place.url}/logs/{glob}", output=f"out{len(glob)}")
        place.summary()
        lists = [urllib.parse.parse_qs(urllib.parse.urlsplit(path).query) for _, path, _ in place.front.requests if "list" in path]
        assert [asked["prefix"] for asked in lists] == [[prefix]], lists
        assert place.kept() == place.digest(*paths, "--time", "time"), glob


def folders_of_old_days_are_not_listed(place):
    days = [f"2024-01-{day:02}" for day in range(1, 21)]
    for at, day in enumerate(days):
        place.put(f"logs/date={day}/a.csv", rows(20, at))
    place.put("logs/other/a.csv", rows(20, 50))
    place.job(f"{place.url}/logs/", output=f"{place.url}/out")
    job = place.folder / "job.toml"
    job.write_text(job.read_text().replace("[reports.windows]", 'look_back = "3d"\n[reports.windows]'))

    def lists_of(*more):
        place.front.counted()
        summary = place.summary(*more)
        lists = [urllib.parse.parse_qs(urllib.parse.urlsplit(path).query) for _, path, _ in place.front.requests if "list" in path or "prefix=" in path]
        return summary, [asked["prefix"][0] for asked in lists if asked["prefix"][0].startswith("logs/")]

    assert lists_of()[1] == ["logs/"], "nothing is known"
    expected = place.digest("in/logs", "--time", "time")
    place.s3.put_object(Bucket=place.bucket, Key="logs/date=2024-01-02/late.csv", Body=rows(20, 51))
    place.put("logs/date=2024-01-19/b.csv", rows(20, 52))
    summary, lists = lists_of()
    known = [f"logs/date={day}/" for day in days[16:]]
    assert sorted(lists) == ["logs/", *known, "logs/other/"], lists
    assert summary["rows"]["counted"] == 20, summary
    assert place.kept() == place.digest("in/logs", "--time", "time") != expected
    summary, lists = lists_of("--list-all")
    assert lists == ["logs/"] and summary["rows"]["counted"] == 20, (summary, lists)


def what_cannot_be_a_path_is_named_and_the_rest_is_read(place):
    place.put("logs/a.csv", rows(50, 1))
    for key in ["logs//b.csv", "logs/../c.csv", "logs/d & e//f.csv"]:
        place.s3.put_object(Bucket=place.bucket, Key=key, Body=rows(50, 2))
    for paths in [f"{place.url}/logs", f"{place.url}/l*", f"{place.url}/**/*.csv"]:
        assert place.digest(paths, "--time", "time") == place.digest("in/logs", "--time", "time"), paths
    done = place.run("run", f"{place.url}/logs/", "--every", "1h", "--time", "time", "--key", "action")
    for key in ["logs//b.csv", "logs/../c.csv", "logs/d & e//f.csv"]:
        assert f"skipped {place.url}/{key} (never read:" in done.stderr, done.stderr


def a_page_is_no_list(place):
    place.put("logs/a.csv", rows(50, 1))
    place.job(f"{place.url}/logs", output=f"{place.url}/out")
    place.summary()
    kept = place.kept()
    place.front.pages = 10
    done = place.run("run", "job.toml", code=4)
    assert "something else than a list" in done.stderr and "check the endpoint" in done.stderr, done.stderr
    place.front.pages = 0
    assert place.kept() == kept


def a_backup_goes_to_any_store_and_back_whole_or_not_at_all(place):
    place.put("logs/a.csv", rows(50, 1))
    expected = place.digest("in/logs", "--time", "time")
    outputs = ["out", f"{place.url}/out"]
    for at, (output, backup, again) in enumerate([
        (outputs[0], f"{place.url}/backup/0", outputs[1]), (outputs[1], "backup", outputs[0]), (outputs[1], f"{place.url}/backup/2", outputs[1]),
    ]):
        local = place.folder / "out"
        empty = lambda: [place.s3.delete_object(Bucket=place.bucket, Key=item["Key"])
                         for item in place.s3.list_objects_v2(Bucket=place.bucket, Prefix="out/").get("Contents", [])]
        place.job(f"{place.url}/logs", output=output)
        place.summary()
        # The store refuses one object in the middle of the backup.
        place.front.puts, place.front.put_faults = 0, {4: 403}
        if "//" in backup:
            place.run("backup", "job.toml", backup, code=2)
        place.front.put_faults = {}
        if "//" in backup:
            assert "was not finished" in place.run("restore", "job.toml", backup, code=2).stderr
        place.front.puts, place.front.put_faults = 0, {0: "lost", 5: "lost", 6: "refused"}
        said = place.run("backup", "job.toml", backup).stderr
        place.front.put_faults = {}
        assert "ledger version" in said and "copied to" in said, said
        assert "holds a backup already" in place.run("backup", "job.toml", backup, code=2).stderr
        empty()
        shutil.rmtree(local, ignore_errors=True)
        place.job(f"{place.url}/logs", output=again)
        place.front.puts, place.front.put_faults = 0, {3: 403}
        if "//" in again:
            place.run("restore", "job.toml", backup, code=2)
        place.front.puts, place.front.put_faults = 0, {2: "lost"}
        place.run("restore", "job.toml", backup)
        place.front.put_faults = {}
        assert place.kept() == expected
        assert place.summary()["outcome"] == "nothing_new", at


def published_events_are_those_of_the_objects_that_count(place):
    out = f"{place.url}/kept/out"
    place.put("logs/a.csv", rows(50, 1))
    place.put("logs/b.csv", rows(50, 2, 1))
    place.job(f"{place.url}/logs", output=out)
    with (place.folder / "job.toml").open("a") as job:
        job.write("[output.events]\n")
    for at in range(3):
        place.summary()
        events = place.digest(f"{out}/events", "--input-format", "delta", "--time", "time")
        assert events == place.digest("in/logs", "--time", "time"), at
        place.put("logs/b.csv", rows(40 + at, 3 + at, 2))


def what_a_job_says_of_its_store_is_enough_and_goes_before_the_environment(place):
    """Inputs, look-ups, ledger, published tables and all other files are in the store."""
    url = place.url
    place.put("logs/a.csv", rows(50, 1) + b"yesterday,Open\n")
    place.put("more/kinds.csv", b"action,kind\nOpen,o\nClose,c\n")
    storage, named = reached(place, place.front.url)
    place.job(f"{url}/logs", output=f"{url}/out")
    text = (place.folder / "job.toml").read_text()
    lookup = f'[[source.lookup]]\npath = "{url}/more/kinds.csv"\non = "action"\n[limits]\nrejects = "none"\n[reports.windows]'
    text = text.replace("[reports.windows]", lookup).replace('["action"]', '["action", "kind"]') + storage
    (place.folder / "job.toml").write_text(text)
    (place.folder / "once.toml").write_text(text.replace(f'[output]\npath = "{url}/out"\n', ""))
    nowhere = f"http://{HOST}:9"
    misleading = {
        "AWS_ENDPOINT_URL": nowhere, "AWS_ENDPOINT_URL_S3": nowhere, "AWS_ACCESS_KEY_ID": "x", "AWS_SESSION_TOKEN": "x\ny",
        "GOOGLE_BASE_URL": nowhere, "GOOGLE_SERVICE_ACCOUNT": "none.json",
        "AZURE_STORAGE_ENDPOINT": nowhere, "AZURE_STORAGE_USE_EMULATOR": "true", "AZURE_STORAGE_SAS_TOKEN": "sig=x",
    }

    def stored(key):
        return place.s3.get_object(Bucket=place.bucket, Key=key)["Body"].read()

    for variables in [named, named | misleading]:
        place.variables = variables
        assert "can be written" in place.run("check", "job.toml").stderr
        place.run("plan", "job.toml")
        place.run("run", "job.toml", "--rejects", f"{url}/told/rejects.csv", "--summary-json", f"{url}/told/s.json")
        place.put("logs/b.csv", rows(50, 2, 1))
        assert "logs/a.csv" in place.run("why", "job.toml", "2024-01-01").stdout
        place.run("show", "job.toml", "windows", "-o", f"{url}/told/windows.csv")
        place.run("run", "once.toml", "-o", f"{url}/told/once.csv")
    told = json.loads(stored("told/s.json"))
    assert told["rows"]["counted"] == 50, told["rows"]
    assert b"kind" in stored("told/windows.csv") and b"kind" in stored("told/once.csv")
    # A table as an input. Its log says which files have left it, and these are gone.
    (place.folder / "job.toml").write_text(
        JOB.format(paths=json.dumps(f"{url}/out/reports/windows"), output=json.dumps("table"))
        .replace('"csv"', '"delta"').replace('"time"', '"window_start"') + storage
    )
    for seed in [3, 4]:
        assert place.summary()["rows"]["counted"] > 0
        place.put("logs/b.csv", rows(40, seed))
        (place.folder / "again.toml").write_text(text)
        place.run("run", "again.toml")
    # Without these settings, the store cannot be reached.
    (place.folder / "job.toml").write_text(text.replace(storage, ""))
    place.variables = {name: value for name, value in misleading.items() if "TOKEN" in name or "ACCOUNT" in name}
    place.run("run", "job.toml", code=2)


def certificate(folder):
    """A certificate of this machine by an unknown authority: the authority's file, and the file of the certificate and its key."""
    now = datetime.datetime.now(datetime.timezone.utc)
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("windrow tests", HOST)]
    made = []
    for at in range(2):
        builder = x509.CertificateBuilder().subject_name(names[at]).issuer_name(names[0]).public_key(keys[at].public_key())
        builder = builder.serial_number(at + 1).not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=30))
        builder = builder.add_extension(x509.BasicConstraints(ca=at == 0, path_length=None), critical=True)
        host = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))])
        made.append(builder.add_extension(host, critical=False).sign(keys[0], hashes.SHA256()))
    pem = serialization.Encoding.PEM
    key = keys[1].private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "ca.pem").write_bytes(made[0].public_bytes(pem))
    (folder / "server.pem").write_bytes(made[1].public_bytes(pem) + key)
    return folder / "ca.pem", folder / "server.pem"


def a_store_is_reached_by_tls_of_its_own_and_through_a_proxy(place):
    place.put("logs/a.csv", rows(50, 1))
    expected = place.digest("in/logs", "--time", "time")
    authority, server = certificate(place.folder)
    with Front(place.kind.port, server) as secure:
        storage, place.variables = reached(place, secure.url)
        place.job(f"{place.url}/logs")
        with (place.folder / "job.toml").open("a") as job:
            job.write(f'[storage]\nca_file = "{authority.name}"\n{storage}')
        place.summary()
        assert place.kept() == expected and secure.counted()["list"] > 0
    # No host has this name: requests to it go through the proxy, or nowhere.
    storage, named = reached(place, "http://store.invalid")
    place.variables = named | {"LAKE_PROXY": place.front.url.replace("//", "//me:proxy-canary@")}
    place.job(f"{place.url}/logs", output="through")
    with (place.folder / "job.toml").open("a") as job:
        job.write(f'[storage]\nproxy = "env:LAKE_PROXY"\n{storage}allow_http = true\n')
    place.summary()
    assert place.kept() == expected
    basic = "Basic " + base64.b64encode(b"me:proxy-canary").decode()
    assert place.front.proxied and set(place.front.proxied) == {basic}, place.front.proxied
    place.front.refusals.append(403)
    place.run("run", "job.toml", code=2)


TESTS = [
    what_a_job_says_of_its_store_is_enough_and_goes_before_the_environment,
    a_store_is_reached_by_tls_of_its_own_and_through_a_proxy,
    delta_tables_are_found_by_a_glob,
    of_a_glob_only_what_begins_like_it_is_listed,
    folders_of_old_days_are_not_listed,
    what_cannot_be_a_path_is_named_and_the_rest_is_read,
    a_page_is_no_list,
    published_events_are_those_of_the_objects_that_count,
    a_backup_goes_to_any_store_and_back_whole_or_not_at_all,
    a_delta_table_in_a_store_is_an_input,
    an_output_is_there_whole_or_not_at_all,
    what_is_stored_counts_as_in_a_folder,
    columns_of_folders_are_columns,
    a_large_object_is_fetched_ahead_each_block_once,
    many_small_objects_are_listed_by_pages,
    what_is_looked_at_is_fetched_once,
    a_ledger_reads_what_changed,
    what_passes_is_tried_again,
    what_does_not_pass_is_said_and_changes_nothing,
    an_object_that_changes_while_it_is_read_is_refused,
    sigterm_stops_what_waits_for_a_store,
    a_ledger_in_a_store_is_one_on_a_disk,
    a_commit_whose_answer_is_lost_is_known_again,
    a_run_that_dies_at_any_put_leaves_a_ledger_that_the_next_goes_on_with,
    whatever_happens_to_inputs_and_answers_a_ledger_has_what_is_there,
    a_run_asks_as_often_however_many_files_there_are,
    a_run_with_events_asks_as_often_however_many_files_there_are,
    of_two_runs_at_once_one_wins,
    *between.TESTS,
    *faults.TESTS,
    cases.the_cases_answer_as_on_a_disk,
]


# What depends on the store itself: how it lists, which version of an object it gives, that it puts a file where nothing is.
ELSEWHERE = [
    of_a_glob_only_what_begins_like_it_is_listed,
    folders_of_old_days_are_not_listed,
    a_page_is_no_list,
    what_a_job_says_of_its_store_is_enough_and_goes_before_the_environment,
    columns_of_folders_are_columns,
    a_ledger_reads_what_changed,
    an_object_that_changes_while_it_is_read_is_refused,
    an_output_is_there_whole_or_not_at_all,
    a_backup_goes_to_any_store_and_back_whole_or_not_at_all,
    a_delta_table_in_a_store_is_an_input,
    a_ledger_in_a_store_is_one_on_a_disk,
    a_commit_whose_answer_is_lost_is_known_again,
    a_run_that_dies_at_any_put_leaves_a_ledger_that_the_next_goes_on_with,
    whatever_happens_to_inputs_and_answers_a_ledger_has_what_is_there,
    a_run_asks_as_often_however_many_files_there_are,
    of_two_runs_at_once_one_wins,
    between.two_servers_of_one_kind_serve_one_job,
    *faults.ELSEWHERE,
    cases.the_cases_answer_as_on_a_disk,
]


def main():
    windrow = str(pathlib.Path(sys.argv[1]).resolve())
    is_long = "--long" in sys.argv
    parts = [part for part in sys.argv[2:] if part != "--long"]
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto = ThreadedMotoServer(ip_address=HOST, port=0, verbose=False)
    moto.start()
    port = moto.get_host_and_port()[1]
    client = boto3.client(
        "s3", endpoint_url=f"http://{HOST}:{port}", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    kinds = [Kind("S3", "s3", client, port, s3, TESTS), Kind("Google", "gs", client, port, google, ELSEWHERE)]
    program, azurite = azure.installed(azure.folder()), None
    if program:
        azurite = azure.Azurite(program)
        kinds.append(Kind("Azure", "az", azurite, azurite.port, azure.environment, [*ELSEWHERE, faults.credentials_that_expire_in_the_middle_are_said_and_change_nothing]))
    else:
        print("stores: Azurite cannot be had here (it comes by npm); Azure is not tested")
    wanted = [([kind], test) for kind in kinds for test in kind.tests]
    wanted += [(kinds, test) for test in between.BETWEEN]
    wanted = [(of, test) for of, test in wanted if all(part in f"{name_of(of)} {test.__name__}" for part in parts)]
    numbered = list(enumerate(wanted))

    def failed_of(lane):
        return sum(not passed(windrow, of, test, f"bucket{at}", is_long) for at, (of, test) in numbered if of == lane)

    # Stores mostly wait.
    with concurrent.futures.ThreadPoolExecutor(len(kinds)) as pool:
        failed = sum(pool.map(failed_of, [[kind] for kind in kinds]))
    failed += failed_of(kinds) if len(kinds) > 1 else 0
    moto.stop()
    if azurite:
        azurite.stop()
    print(f"stores: {len(wanted) - failed} passed, {failed} failed")
    sys.exit(1 if failed or not wanted else 0)


def name_of(kinds):
    return " and ".join(kind.name for kind in kinds)


def passed(windrow, kinds, test, bucket, is_long):
    began, outcome = time.monotonic(), "ok"
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as fronts:
        (pathlib.Path(folder) / "in").mkdir()
        places = []
        for kind in kinds:
            # Stores of two kinds may be one server. The address of a bucket of Google is written with `%` for all but letters and digits, which moto does not read.
            of_kind = f"{bucket}{kind.scheme}"
            kind.client.create_bucket(Bucket=of_kind)
            front = fronts.enter_context(Front(kind.port))
            front.signs = kind.scheme == "gs"
            front.expired = EXPIRED.get(kind.scheme)
            places.append(Place(windrow, front, kind, of_kind, pathlib.Path(folder)))
            places[-1].is_long = is_long
        try:
            test(places if len(kinds) > 1 else places[0])
        except Exception:  # noqa: BLE001 - whatever a test ends with, the others run
            outcome = f"FAILED\n{traceback.format_exc()}"
    print(f"stores: {name_of(kinds)}: {test.__name__.replace('_', ' ')}, {time.monotonic() - began:.1f} s: {outcome}", flush=True)
    return outcome == "ok"


if __name__ == "__main__":
    main()
