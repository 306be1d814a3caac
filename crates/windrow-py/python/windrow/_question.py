"""Questions: the keywords that change an answer. They are named as the flags of the program are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, Literal, TypedDict

Step = str | timedelta
Time = str | date | datetime
Zone = str | tzinfo


class Question(TypedDict, total=False):
    """What may be asked without a job file."""

    every: Step
    size: Step
    offset: Step
    week_start: str
    time: str | Sequence[str]
    time_format: str
    year: int
    source_zone: Zone
    local_times: Literal["reject", "earlier", "later"]
    input_format: str
    pattern: str
    parquet_keys: str | Sequence[str]
    lookups: str | Mapping[str, Any] | Sequence[str | Mapping[str, Any]]
    where: str
    derive: str | Sequence[str] | Mapping[str, str]
    types: str | Sequence[str] | Mapping[str, str]
    delimiter: str
    comment: str
    skip_lines: int
    columns: Sequence[str]
    line_end: Literal["lf", "cr"]
    encoding: str
    keys: str | Sequence[str]
    no_key: bool
    duplicates: Literal["refuse", "count"]
    case: Literal["keep", "lower", "upper", "title"]
    values: str | Sequence[str]
    measures: str | Sequence[str]
    thousands: Literal[",", "'", "_", " "]
    on_bad_number: Literal["reject", "null"]
    top: int | str | tuple[str, int]
    peaks: int | str | tuple[str, int] | Mapping[str, Any]
    cumulative: Step
    previous: Step | Sequence[str]
    zone: Zone
    fill: Literal["zero", "null", "none"]
    from_: Time
    to: Time
    shape: Literal["wide", "long"]
    max_rejects: int | str
    strict: bool
    keep: str


class Recipe(TypedDict, total=False):
    """What decides the bytes of a generated log."""

    events: int | str
    seed: int
    start: Time
    span: Step
    keys: str | Sequence[str]
    extra_columns: int
    time_format: str
    order: Literal["sorted", "shuffled", "late"]
    late_share: str
    late_by: Step
    dirt: str
    format: Literal["csv", "json", "parquet", "combined"]
    line_end: Literal["lf", "crlf"]
    files: int
    codec: Literal["none", "gzip", "zstd", "bzip2", "xz"]


def as_text(question: Mapping[str, Any]) -> dict[str, Any]:
    """The keywords that were given, with lengths of time as windrow writes them."""
    given = {name: value for name, value in question.items() if value is not None}
    for name, value in given.items():
        if isinstance(value, timedelta):
            us = value // timedelta(microseconds=1)
            if us % 1000:
                raise ValueError(f"{name}: windrow counts time in milliseconds, not {value!r}")
            given[name] = f"{us // 1_000_000}s" if us % 1_000_000 == 0 else f"{us // 1000}ms"
    return given
