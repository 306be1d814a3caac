"""The result of a run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ._table import Table, terminal

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

    from . import _native
    from ._job import Job


class Picture(str):
    """A chart as SVG. A notebook shows it; ``write`` writes it to a file."""

    _png: Callable[[], bytes]

    def _repr_svg_(self) -> str:
        return str(self)

    def to_png(self) -> bytes:
        """The chart as PNG, with twice as many pixels across and down. Its text is set in the fonts of this machine."""
        return self._png()

    def write(self, path: str | os.PathLike[str]) -> None:
        """Writes the chart to a file: .svg or .png."""
        ending = os.path.splitext(os.fspath(path))[1].lower()
        if ending not in (".svg", ".png"):
            raise ValueError(f"the name of a picture ends in .svg or .png, and not {ending!r}")
        made = self.to_png() if ending == ".png" else self.encode()
        with open(path, "wb") as file:
            file.write(made)


class Summary(dict[str, Any]):
    """A run in numbers: what ``windrow run --summary-json`` writes (docs/summary.schema.json)."""

    _text: str = ""
    _html: str = ""

    def __str__(self) -> str:
        return self._text.rstrip("\n") or super().__repr__()

    def _repr_html_(self) -> str | None:
        return self._html or None


class _OfWindows:
    """What is asked of an answer as a whole is asked of its windows."""

    @property
    def windows(self) -> Table:
        raise NotImplementedError

    def to_arrow(self) -> pyarrow.Table:
        """The windows as a ``pyarrow.Table``."""
        return self.windows.to_arrow()

    def to_pandas(self) -> pandas.DataFrame:
        """The windows as a ``pandas.DataFrame``."""
        return self.windows.to_pandas()

    def to_polars(self) -> polars.DataFrame:
        """The windows as a ``polars.DataFrame``."""
        return self.windows.to_polars()

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        return self.windows.__arrow_c_stream__(requested_schema)


class Report(_OfWindows):
    """The answer to one question."""

    def __init__(self, report: _native.Report) -> None:
        self._report = report
        self._windows: Table | None = None

    @property
    def name(self) -> str:
        """The name of the report."""
        return self._report.name

    @property
    def zone(self) -> str:
        """The zone whose clock its windows follow."""
        return self._report.zone

    @property
    def windows(self) -> Table:
        """A row per window: a column for each named value, or a row per window and key."""
        if self._windows is None:
            self._windows = Table(self._report.windows())
        return self._windows

    @property
    def top(self) -> Table:
        """The busiest windows that were asked for with ``top``, the busiest first."""
        return Table(self._report.top())

    @property
    def peaks(self) -> Table:
        """The windows that stand out, which were asked for with ``peaks``, each with its reason: the highest score first."""
        return Table(self._report.peaks())

    @property
    def warnings(self) -> list[str]:
        """What a person should look at."""
        return self._report.warnings

    def write(self, path: str | os.PathLike[str], *, format: str | None = None) -> None:
        """Writes the report to a file: .csv, .json, .ndjson, .parquet, .html, .svg, .png or .txt."""
        self._report.write(os.fspath(path), format)

    def plot(self, width: int = 800, height: int = 300) -> Picture:
        """The counts over time as a chart in SVG, a series per value. A report of fewer than two windows has none."""
        picture = Picture(self._report.to_svg(width, height))
        picture._png = lambda: self._report.to_png(width, height)
        return picture

    def __repr__(self) -> str:
        return self._report.to_text(*terminal()).rstrip("\n")

    def _repr_html_(self) -> str:
        return self._report.to_html()


class Result(_OfWindows):
    """What :func:`windrow.run` gives. Shown in a terminal or a notebook it is the answer; where the job asks one question,
    ``windows``, ``top``, ``peaks`` and ``plot`` are those of its only report."""

    def __init__(self, outcome: _native.Outcome) -> None:
        self._outcome = outcome
        self._reports: dict[str, Report] | None = None

    @property
    def reports(self) -> dict[str, Report]:
        """The reports by name, in the order of the job."""
        if self._reports is None:
            self._reports = {report.name: Report(report) for report in self._outcome.reports()}
        return self._reports

    @property
    def _only(self) -> Report:
        reports = list(self.reports.values())
        if len(reports) != 1:
            names = ", ".join(repr(name) for name in self.reports)
            raise AttributeError(f"the job has several reports: choose one of .reports[...]: {names}")
        return reports[0]

    @property
    def job(self) -> Job:
        """The job that was run, with every choice in it."""
        from ._job import Job

        return Job._of(self._outcome.job)

    @property
    def windows(self) -> Table:
        """A row per window, of the only report."""
        return self._only.windows

    @property
    def top(self) -> Table:
        """The busiest windows, of the only report."""
        return self._only.top

    @property
    def peaks(self) -> Table:
        """The windows that stand out, of the only report."""
        return self._only.peaks

    @property
    def summary(self) -> Summary:
        """The run in numbers: where every row went, and each report in a few lines."""
        import json

        summary = Summary(json.loads(self._outcome.summary_json()))
        summary._text, summary._html = self._outcome.summary_text(), self._outcome.summary_html()
        return summary

    @property
    def rejects(self) -> Table:
        """The rows that are not events, with file, line, byte, column, reason and raw text: the first of them, as many as
        ``rejects`` of the run allows. ``summary["rows"]["rejected"]`` says how many there are."""
        return Table(self._outcome.rejects)

    @property
    def files(self) -> Table:
        """A row per file: whether it counts, where its rows went, and why it was refused if it was."""
        return Table(self._outcome.files)

    def write(self, path: str | os.PathLike[str], *, format: str | None = None) -> None:
        """Writes the answer to a file: .csv, .json, .ndjson, .parquet, .html, .svg, .png or .txt. The file is there
        whole or not at all."""
        self._outcome.write(os.fspath(path), format)

    def plot(self, width: int = 800, height: int = 300) -> Picture:
        """The counts over time as a chart in SVG, a series per value, of the only report."""
        return self._only.plot(width, height)

    def __iter__(self) -> Iterator[Report]:
        return iter(self.reports.values())

    def __repr__(self) -> str:
        answer = self._outcome.to_text(*terminal()).rstrip("\n")
        return f"{answer}\n\n{self._outcome.summary_text()}".rstrip("\n")

    def _repr_html_(self) -> str:
        return self._outcome.to_html()
