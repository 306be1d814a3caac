"""Spark: the engine of a cluster from Python. It runs where there is one: see the step `spark` of ./test."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import windrow

ADDRESS = os.environ.get("WINDROW_TEST_SPARK")


@pytest.mark.skipif(not ADDRESS, reason="there is no WINDROW_TEST_SPARK")
def test_spark_counts_from_python(events: Path) -> None:
    here, there = (windrow.run(events, every="1h", keys="action", engine=engine) for engine in ("embedded", ADDRESS))
    assert there.windows.to_csv() == here.windows.to_csv()
    assert there.rejects.to_dicts() == here.rejects.to_dicts()
    assert (there.summary["engine"], there.summary["rows"]) == ("spark", here.summary["rows"])
    assert windrow.digest(events, every="1h", engine=ADDRESS) == windrow.digest(events, every="1h")
    # What Spark does not read, windrow reads itself.
    table = windrow.run(here.windows, time="window_start", keys="action", every="1d", engine=ADDRESS)
    assert table.summary["rows"]["counted"] == len(here.windows)


@pytest.mark.skipif(not ADDRESS, reason="there is no WINDROW_TEST_SPARK")
def test_a_lost_server_is_an_error_by_kind(events: Path) -> None:
    with pytest.raises(windrow.StorageError):
        windrow.run(events, every="1h", engine="sc://127.0.0.1:1")
