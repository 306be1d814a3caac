"""Tables: other libraries take them as they are."""

from __future__ import annotations

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
    assert result.files.to_dicts()[0]["file"] == "DuckDBPyRelation"
    with pytest.raises(windrow.JobError, match="no column \"tim\""):
        windrow.run(text, time="tim", keys="action")
    # What windrow gives is a table too.
    again = windrow.run(windrow.run(text, every="1h").windows, time="window_start", keys="action", every="1d")
    assert [row["count"] for row in again.windows.to_dicts()] == [1, 1]
