"""Tables: other libraries take them as they are."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import windrow


@pytest.fixture
def result(events: Path) -> windrow.Result:
    return windrow.run(events, every="1h", values=["Open", "Close"], top=2)


def test_arrow_takes_them(result: windrow.Result) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    table = pyarrow.table(result.windows)
    assert table.schema.field("window_start").type == pyarrow.timestamp("us", "UTC")
    assert table["open_count"].to_pylist() == [2, 0, 0]
    assert result.to_arrow().equals(table) and pyarrow.table(result).equals(table)
    assert pyarrow.schema(result.windows) == table.schema
    assert result.top.to_arrow()["count"].to_pylist() == [2, 1]
    for other in (result.rejects, result.files):
        assert len(other.to_arrow()) == 1


def test_polars_and_pandas_take_them(result: windrow.Result) -> None:
    pytest.importorskip("polars")
    pytest.importorskip("pandas")
    assert result.to_polars()["close_count"].to_list() == [0, 0, 1]
    frame = result.to_pandas()
    assert frame["close_count"].tolist() == [0, 0, 1]
    assert str(frame["window_start"].iloc[0]) == "2024-01-31 09:00:00+00:00"


def test_a_package_that_is_missing_is_named(result: windrow.Result, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("polars", "pyarrow"):
        monkeypatch.setitem(sys.modules, name, None)
    for make, needed in ((result.to_polars, "polars"), (result.to_arrow, "pyarrow"), (result.to_pandas, "pandas pyarrow")):
        with pytest.raises(ImportError, match=f"pip install {needed}"):
            make()


def test_duckdb_asks_them(result: windrow.Result) -> None:
    duckdb = pytest.importorskip("duckdb")
    windows: Any = result.windows  # noqa: F841
    assert duckdb.sql("select sum(open_count) from windows").fetchall() == [(2,)]


def test_many_rows_are_many_batches(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    (tmp_path / "a.csv").write_text("time\n2024-01-01T00:00:00Z\n2024-01-01T05:00:00Z\n")
    result = windrow.run(tmp_path / "a.csv", every="1s", keys=[])
    table = pyarrow.table(result.windows)
    assert len(table) == len(result.windows) == 18_001
    assert table["window_start"].num_chunks == 3


def test_they_are_shown_and_written(result: windrow.Result, tmp_path: Path) -> None:
    assert "open_count" in repr(result.windows) and "rows 4 = counted 3" in repr(result)
    html = result._repr_html_()
    assert "<script" not in html and "rows read" in html and "<svg" in html
    assert "yesterday" in result.rejects._repr_html_()
    result.windows.write(tmp_path / "windows.csv")
    result.write(tmp_path / "result.csv")
    assert (tmp_path / "windows.csv").read_text() == (tmp_path / "result.csv").read_text() == result.windows.to_csv()
    result.write(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text().startswith("<!DOCTYPE html>")
    with pytest.raises(windrow.JobError, match="does not say a format"):
        result.write(tmp_path / "windows.xyz")


def test_the_chart_is_svg(result: windrow.Result, tmp_path: Path) -> None:
    chart = result.plot()
    assert chart.startswith("<svg") and chart._repr_svg_() == chart and "<script" not in chart
    chart.write(tmp_path / "chart.svg")
    assert (tmp_path / "chart.svg").read_text() == chart
    with pytest.raises(ValueError, match=".svg or .png"):
        chart.write(tmp_path / "chart.jpg")


def test_pictures_are_pixels_too(result: windrow.Result, tmp_path: Path) -> None:
    chart = result.plot(width=400)
    try:
        chart.write(tmp_path / "chart.png")
    except windrow.JobError as error:
        assert error.code == "no-font"
        pytest.skip(str(error))
    result.write(tmp_path / "result.png")
    widths = [int.from_bytes((tmp_path / name).read_bytes()[16:20], "big") for name in ("chart.png", "result.png")]
    assert widths == [880, 2000]


def test_names_from_outside_are_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("time,action\n2024-01-01T00:00:00Z,<script>alert(1)</script>\nnever,<img src=x>\n")
    result = windrow.run(tmp_path / "a.csv", every="1h")
    for html in (result._repr_html_(), result.rejects._repr_html_(), result.files._repr_html_()):
        assert "<script" not in html and "<img" not in html


def test_tables_of_others_are_counted(tmp_path: Path) -> None:
    pyarrow, polars, pandas, duckdb = (pytest.importorskip(name) for name in ("pyarrow", "polars", "pandas", "duckdb"))
    times = ["2024-01-31T09:05:00", "2024-01-31T09:20:00", None, "2024-01-31T11:00:00"]
    text = pyarrow.table({"time": times, "action": ["Open", "Open", "Open", None], "n": [[1], None, [], [2]]})
    typed = text.set_column(0, "time", text["time"].cast(pyarrow.timestamp("us")).cast(pyarrow.timestamp("us", "UTC")))
    frame: Any = polars.from_arrow(typed)
    tables = [
        text,
        typed,
        typed.set_column(1, "action", typed["action"].dictionary_encode()),
        frame,
        frame.with_columns(polars.col("action").cast(polars.Categorical)),
        pandas.DataFrame.from_arrow(typed) if hasattr(pandas.DataFrame, "from_arrow") else typed.to_pandas(),
        duckdb.sql("from frame"),
    ]
    for table in tables:
        result = windrow.run(table, every="1h", keys="action")
        rows = [(row["window_start"], row["action"], row["count"]) for row in result.windows.to_dicts()]
        assert rows == [("2024-01-31T09:00:00Z", "Open", 2), ("2024-01-31T11:00:00Z", None, 1)], type(table)
        assert result.summary["rows"]["rejected_by_reason"] == {"bad_time": 1}
        assert windrow.run(table, every="1h", time="time", keys=["action"]).windows.to_csv() == result.windows.to_csv()
    assert result.files.to_dicts()[0]["file"] == "<duckdb.DuckDBPyRelation>"
    with pytest.raises(windrow.JobError, match="no column \"tim\""):
        windrow.run(text, time="tim", keys="action")
    # What windrow gives is a table too.
    again = windrow.run(windrow.run(text, every="1h").windows, time="window_start", keys="action", every="1d")
    assert [row["count"] for row in again.windows.to_dicts()] == [1, 1]


ROWS = 300_000
"""More than a thread takes at once."""


def frame_of(times: Any, actions: Any) -> Any:
    return pytest.importorskip("pyarrow").table({"time": times, "action": actions})


@pytest.fixture(scope="module")
def usual() -> tuple[Any, str]:
    """A table of times and actions, and what is counted of it."""
    pyarrow = pytest.importorskip("pyarrow")
    start = datetime(2024, 1, 31)
    times = pyarrow.array([start + timedelta(seconds=row) for row in range(ROWS)], pyarrow.timestamp("us"))
    actions = pyarrow.array([("Open", "Close", "a longer action", "Zo\u00eb")[row * 7 % 11 % 4] for row in range(ROWS)])
    table = frame_of(times, actions)
    answer = windrow.run(table, every="1h", time="time", keys="action").windows.to_csv()
    counted: dict[tuple[int, str], int] = {}
    for row in range(ROWS):
        key = (row // 3600, ("Open", "Close", "a longer action", "Zo\u00eb")[row * 7 % 11 % 4])
        counted[key] = counted.get(key, 0) + 1
    rows = [line.split(",") for line in answer.splitlines()[1:]]
    found = {((datetime.fromisoformat(row[0][:19]) - start) // timedelta(hours=1), row[2]): int(row[3]) for row in rows}
    assert found == counted
    return table, answer


def test_tables_are_counted_whatever_they_are_made_of(usual: tuple[Any, str]) -> None:
    pyarrow, polars, pandas = (pytest.importorskip(name) for name in ("pyarrow", "polars", "pandas"))
    table, answer = usual
    times, actions = table["time"], table["action"]
    variants = [frame_of(times.cast(pyarrow.timestamp(unit)), actions) for unit in ("s", "ms", "ns")]
    variants += [
        frame_of(times.cast(pyarrow.timestamp("us", "UTC")).cast(pyarrow.timestamp(unit, zone)), actions)
        for unit in ("s", "ms", "us", "ns")
        for zone in ("UTC", "Asia/Tokyo")
    ]
    variants += [
        frame_of(times, actions.cast(to))
        for to in (pyarrow.large_string(), pyarrow.string_view(), pyarrow.binary(), pyarrow.large_binary())
    ]
    variants += [frame_of(times, actions.dictionary_encode())]
    # In pieces, of which some are empty, with rows before and behind them; and the other way round.
    ends = [0, 1, 1, 70_000, 250_000, ROWS]
    padded = pyarrow.concat_tables([table.slice(ROWS - 5), table, table.slice(0, 5)]).combine_chunks()
    pieces = [padded.slice(5 + start, end - start) for start, end in zip(ends, ends[1:], strict=False)]
    variants += [pyarrow.concat_tables(pieces), pyarrow.concat_tables(pieces[::-1]), padded.slice(5, ROWS)]
    variants += [pyarrow.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=1000))]
    variants += [polars.from_arrow(table), polars.from_arrow(table).with_columns(polars.col("action").cast(polars.Categorical))]
    frame = table.to_pandas()
    variants += [frame, frame.astype({"action": "category"}), frame.astype({"action": object})]
    for variant in variants:
        result = windrow.run(variant, every="1h", time="time", keys="action")
        assert result.windows.to_csv() == answer, getattr(variant, "schema", type(variant))
        assert result.summary["rows"]["counted"] == ROWS
    for threads in (1, 5):
        assert windrow.run(table, every="1h", threads=threads).windows.to_csv() == answer


def test_rows_of_tables_that_are_no_events_are_told(usual: tuple[Any, str]) -> None:
    pyarrow, _ = pytest.importorskip("pyarrow"), pytest.importorskip("pandas")
    table, _ = usual
    times, actions = table["time"].to_pylist(), table["action"].to_pylist()
    times[270_000], actions[123_456], actions[5] = None, "Open\0", None
    frame = frame_of(pyarrow.array(times, pyarrow.timestamp("us")), actions)
    result = windrow.run(frame, every="1h", time="time", keys="action")
    told = [(row["file"], row["row"], row["column"], row["reason"]) for row in result.rejects.to_dicts()]
    assert told == [("<pyarrow.Table>", 123_457, "action", "nul"), ("<pyarrow.Table>", 270_001, "time", "bad_time")]
    assert result.summary["rows"]["counted"] == ROWS - 2
    assert windrow.run(frame.to_pandas(), every="1h", keys="action").rejects.to_dicts()[1]["file"] == "<pandas.DataFrame>"
    # A null is the empty value.
    assert sum(row["count"] for row in result.windows.to_dicts() if row["action"] is None) == 1


def test_what_a_table_cannot_do_is_refused(usual: tuple[Any, str], events: Path, tmp_path: Path) -> None:
    table, _ = usual
    with pytest.raises(windrow.JobError, match="<pyarrow.Table> is not a file, and a ledger is kept of files"):
        windrow.run(table, every="1h", keep=str(tmp_path / "out"))
    with pytest.raises(windrow.JobError, match="bytes is not a file"):
        windrow.run(b"time\n2024-01-31T09:05:00Z\n", every="1h", keys=[], keep=str(tmp_path / "out"))
    with pytest.raises(windrow.DataRefused, match=r"<pyarrow.Table> \(2\): its content is that of <pyarrow.Table>"):
        windrow.run([table, table.slice(0)], every="1h", keys="action")
    both = windrow.run([table, table], every="1h", duplicates="count")
    assert both.summary["rows"]["counted"] == 2 * ROWS
    # Files and tables beside each other; a job file that says how files are written.
    assert windrow.run([events, table], every="1h", keys="action").summary["rows"]["counted"] == ROWS + 3
    job = windrow.Job(events, every="1h", input_format="csv")
    result = windrow.run([job, table])
    assert result.summary["rows"]["counted"] == ROWS
    with pytest.raises(TypeError, match="made of paths"):
        windrow.Job(table, every="1h")


def test_nothing_of_a_table_is_written_to_the_disk(usual: tuple[Any, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", "/nowhere")
    monkeypatch.setattr("tempfile.tempdir", None)
    assert windrow.run(usual[0], every="1h").windows.to_csv() == usual[1]


def test_columns_that_are_not_asked_for_need_no_type(events: Path) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.read_csv(events)
    frame["odd"] = [1, "a", None, [2]]
    assert windrow.run(frame, time="time", keys="action", every="1h").summary["rows"]["counted"] == 3
