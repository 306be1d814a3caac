"""What a ledger costs if its inputs and tables are in a store: seconds and, for a store that is started here, requests.

    python ledger_in_store.py WINDROW STORE INPUTS ROUNDS

STORE is `moto`, or an address such as s3://bucket/bench, with the usual AWS variables set. Objects below it are deleted first.
"""

import collections
import concurrent.futures
import contextlib
import json
import logging
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import boto3

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent.parent / "tests" / "stores"))
from front import HOST, Front

JOB = """name = "hours"
version = 1
[source]
path = ["{at}/in/"]
format = "csv"
time = "time"
keys = ["action"]
[reports.ten_minutes]
every = "10m"
values = ["Open", "Close"]
[output]
path = "{at}/out"
"""
KINDS = ["list", "stat", "get", "put", "delete"]


class Store:
    def __init__(self, client, at, variables, front=None):
        self.client, self.at, self.variables, self.front = client, at.rstrip("/"), variables, front
        self.bucket, _, self.prefix = self.at.removeprefix("s3://").partition("/")

    def key(self, name):
        return f"{self.prefix}/{name}".lstrip("/")

    def put(self, name, body):
        self.client.put_object(Bucket=self.bucket, Key=self.key(name), Body=body)

    def empty(self):
        for page in self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.key("")):
            for item in page.get("Contents", []):
                self.client.delete_object(Bucket=self.bucket, Key=item["Key"])


@contextlib.contextmanager
def opened(store):
    if store != "moto":
        yield Store(boto3.client("s3"), store, {})
        return
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address=HOST, port=0, verbose=False)
    server.start()
    port = server.get_host_and_port()[1]
    access = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=f"http://{HOST}:{port}", **access)
    client.create_bucket(Bucket="bench")
    with Front(port) as front:
        variables = {"AWS_ENDPOINT_URL": front.url, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "us-east-1"}
        yield Store(client, "s3://bench", variables, front)
    server.stop()


def main(windrow, store, inputs, rounds):
    files = sorted(pathlib.Path(inputs).glob("*.csv"))
    with opened(store) as store, tempfile.TemporaryDirectory() as folder:
        store.empty()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda file: store.put(f"in/{file.name}", file.read_bytes()), files))
        job, summary = pathlib.Path(folder) / "job.toml", pathlib.Path(folder) / "summary.json"
        job.write_text(JOB.format(at=store.at))

        def step(name, rounds, expected, prepare=lambda: None):
            seconds, asked = [], []
            for _ in range(rounds):
                prepare()
                if store.front:
                    store.front.counted()
                start = time.perf_counter()
                subprocess.run([windrow, "run", job, "--quiet", "--summary-json", summary], env=os.environ | store.variables, check=True)
                seconds.append(time.perf_counter() - start)
                asked.append(store.front.counted() if store.front else collections.Counter())
                read = json.loads(summary.read_text())["bytes_read"]
                if read != expected():
                    sys.exit(f"{name}: {read} bytes were read, not {expected()}")
            counts = " | ".join(f"{asked[-1][kind]:,}" if store.front else "" for kind in KINDS)
            print(f"| {name} | {statistics.median(seconds):.2f} | {counts} |", flush=True)

        print(f"\n{len(files):,} files\n\n| step | median s | {' | '.join(KINDS)} |\n|---|---:|{'---:|' * len(KINDS)}")
        step("first run", 1, lambda: sum(file.stat().st_size for file in files))
        step("settled", 1, lambda: 0)
        step("nothing new", rounds, lambda: 0)
        middle = bytearray(files[len(files) // 2].read_bytes())

        def change():
            middle.extend(b"2016-07-26T00:00:00.000Z,Open\n")
            store.put(f"in/{files[len(files) // 2].name}", bytes(middle))

        step("one changed file", rounds, lambda: len(middle), change)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
