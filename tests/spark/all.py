#!/usr/bin/env python3
"""The tests that need a Spark: every function `test_*(place)` of the modules below, one after the other.

  python tests/spark/cluster.py -- python tests/spark/all.py target/debug/windrow            what ./test runs
  python tests/spark/all.py target/debug/windrow proxy --only cut                           one module, tests with "cut"

Without WINDROW_TEST_SPARK in the environment a cluster is started first. The cluster is shared: a test that kills or stops
something, or asks for other settings, starts a `Cluster` of its own.
"""

import argparse
import importlib
import os
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
from cluster import Cluster  # noqa: E402
from daemon import end_by_exception  # noqa: E402

# Files NAME_test.py beside this one, in the order in which they run.
MODULES = ("proxy", "cluster", "reach", "settings", "compare", "ledger", "paths", "failure", "cost", "differential", "files", "packed", "tables", "delta", "objects", "measures", "sql", "lookups")


@dataclass
class Place:
    """What a test is given: the program, the Spark Connect server, its master's page and the cluster's folder with its logs,
    and an empty folder."""

    windrow: Path
    address: str
    master_page: str
    logs: Path
    folder: Path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("windrow", type=Path, help="the program, built with the feature `spark`")
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=f"of {', '.join(MODULES)}; all without")
    parser.add_argument("--only", default="", help="the tests whose name contains this")
    options = parser.parse_args()
    if unknown := set(options.modules) - set(MODULES):
        parser.error(f"no module {', '.join(sorted(unknown))}; there are {', '.join(MODULES)}")
    if not options.windrow.is_file():
        parser.error(f"{options.windrow} is not there: cargo build --features spark makes it")
    end_by_exception()
    address = os.environ.get("WINDROW_TEST_SPARK")
    if address:
        logs = Path(os.environ["WINDROW_TEST_SPARK_LOGS"])
        return told(options, address, os.environ["WINDROW_TEST_SPARK_MASTER"], logs)
    with Cluster() as cluster:
        return told(options, cluster.address, cluster.master_page, cluster.folder)


def told(options, address, master_page, logs):
    passed = failed = 0
    for name in options.modules or MODULES:
        module = importlib.import_module(f"{name}_test")
        tests = [key for key in vars(module) if key.startswith("test_") and options.only in key]
        for test in tests:
            began = time.monotonic()
            with tempfile.TemporaryDirectory(prefix="windrow-spark-test-") as folder:
                place = Place(options.windrow.resolve(), address, master_page, logs, Path(folder).resolve())
                try:
                    getattr(module, test)(place)
                    passed += 1
                    end = "ok"
                except Exception:  # noqa: BLE001 - whatever a test ends with, the others run
                    failed += 1
                    end = f"FAILED\n{traceback.format_exc()}"
            print(f"{name}: {test.removeprefix('test_').replace('_', ' ')}, {time.monotonic() - began:.1f} s: {end}", flush=True)
    # Nothing run is no success: a name that matches nothing would pass unseen.
    print(f"spark: {passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
