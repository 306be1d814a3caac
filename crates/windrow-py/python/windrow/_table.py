"""Tables that other libraries take as they are, through Arrow's C stream interface."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

    from . import _native


class Table:
    """Rows in columns.

    Whatever takes Arrow takes it without a copy: ``pyarrow.table(t)``, ``polars.DataFrame(t)``,
    ``pandas.DataFrame.from_arrow(t)``, ``duckdb.sql("from t")``. Times are instants in UTC.
    """

    __slots__ = ("_table",)

    def __init__(self, table: _native.Table) -> None:
        self._table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        return self._table.__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> Any:
        return self._table.__arrow_c_schema__()

    def __len__(self) -> int:
        return len(self._table)

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return self._table.columns

    def to_arrow(self) -> pyarrow.Table:
        """The table as a ``pyarrow.Table``; needs pyarrow."""
        made: pyarrow.Table = library("pyarrow").table(self)
        return made

    def to_pandas(self) -> pandas.DataFrame:
        """The table as a ``pandas.DataFrame``; needs pandas and pyarrow."""
        frames = library("pandas", "pyarrow").DataFrame
        made: pandas.DataFrame = frames.from_arrow(self) if hasattr(frames, "from_arrow") else self.to_arrow().to_pandas()
        return made

    def to_polars(self) -> polars.DataFrame:
        """The table as a ``polars.DataFrame``; needs polars."""
        made: polars.DataFrame = library("polars").DataFrame(self)
        return made

    def to_csv(self) -> str:
        """The table as CSV, byte for byte as the program writes it: times on the report's clock, with their offset."""
        return self._table.to_text("csv")

    def to_dicts(self) -> list[dict[str, Any]]:
        """The rows as dictionaries; times are texts with their offset."""
        import json

        rows: list[dict[str, Any]] = json.loads(self._table.to_text("json"))
        return rows

    def write(self, path: str | os.PathLike[str], *, format: str | None = None) -> None:
        """Writes the table to a file: .csv, .json, .ndjson, .parquet or .txt. The file is there whole or not at all."""
        self._table.write(os.fspath(path), format)

    def __repr__(self) -> str:
        width, height = terminal()
        return self._table.to_text("table", width, height).rstrip("\n")

    def _repr_html_(self) -> str:
        return self._table.to_html()

    def _ipython_key_completions_(self) -> Sequence[str]:
        return self.columns


def library(*names: str) -> Any:
    """The first of these packages, where all of them are there: windrow itself needs none."""
    import importlib

    try:
        return [importlib.import_module(name) for name in names][0]
    except ImportError as error:
        raise ImportError(f"this needs {' and '.join(names)}: pip install {' '.join(names)}") from error


def terminal() -> tuple[int, int]:
    """Columns and lines that text for people is laid out for."""
    size = shutil.get_terminal_size((80, 24))
    return min(size.columns, 65_535), min(size.lines, 65_535)
