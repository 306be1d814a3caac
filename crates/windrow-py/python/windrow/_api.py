"""What a caller calls."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import Any, Unpack

from . import _native
from ._behind import job_of, span
from ._inputs import Given, Inputs
from ._job import Job
from ._progress import Wanted, shown
from ._question import Question, Recipe, as_text
from ._result import Result


class Check(dict[str, Any]):
    """What :func:`windrow.check` found: ``inputs`` (a list of the inputs), ``notes``, and the ``summary`` of the sample."""

    def __repr__(self) -> str:
        return "\n".join([self["inputs"].rstrip("\n"), *self["notes"]])


def run(
    inputs: Inputs,
    *,
    threads: int | None = None,
    engine: str | None = None,
    again: str | tuple[Any, Any] | None = None,
    accept_gone: bool = False,
    list_all: bool = False,
    rejects: int = 10_000,
    progress: Wanted = None,
    **question: Unpack[Question],
) -> Result:
    """Counts events per window of time.

    ``inputs`` is one of these, or a list of files and the like:

    - a path: a file, a folder, a glob, or ``-`` for standard input; plain or compressed, CSV or JSON
    - the bytes of a file, or a file object, which is read to its end
    - a table of pandas, Polars, PyArrow, DuckDB, or of another library that streams Arrow (``__arrow_c_stream__``): it is read
      where it is in memory
    - a :class:`windrow.Job`, or the path of a job file (``.toml``); files after it are counted in place of its own

    >>> import windrow
    >>> r = windrow.run("examples/events.csv", every="1d", values=["Open", "Close"])
    >>> print(r.windows.to_csv(), end="")
    window_start,window_end,open_count,close_count,other_count,avg_actions
    2016-10-29T00:00:00Z,2016-10-30T00:00:00Z,493,473,36,483.0
    2016-10-30T00:00:00Z,2016-10-31T00:00:00Z,497,443,48,470.0
    >>> r.summary["rows"]["read"], r.summary["rows"]["counted"]
    (2000, 1990)
    >>> r.rejects.to_dicts()[0]["reason"]
    'nul'
    >>> windrow.run(b"time,action\\n2024-01-31T09:05:00Z,Open\\n", every="1h").windows.to_dicts()[0]["count"]
    1

    What is asked, without a job file (docs/cli.md says more; the names are those of the flags of ``windrow run``):

    - ``every``: the step from one window's start to the next (``"10m"``): ``"30s"``, ``"1h"``, ``"1d"``, ``"1mo"``, or a ``timedelta``
    - ``size``: the length of a window, where windows overlap; ``offset``: how much later than at a whole step they begin;
      ``week_start``: the day that weeks begin with (``"monday"``)
    - ``zone``: the zone whose clock and calendar the windows follow (``"UTC"``)
    - ``from_``, ``to``: where the windows begin and end: a text, a ``date`` or a ``datetime``
    - ``time``: the column that holds the time (the only one that reads as a time), or ``["Date", "Time"]``, two that hold the
      date and the time of day; ``time_format``: ``"date"``, ``"epoch_s"``,
      ``"epoch_ms"``, ... or a pattern such as ``"%d/%m/%Y %H:%M:%S"``; ``year``: that of times without one, such as ``Jun 14 15:16:01``
    - ``source_zone``: the zone of times without an offset (``"UTC"``); ``local_times``: how local times in a DST gap or overlap
      are read: ``"reject"``, ``"earlier"``, ``"later"``
    - ``lookups``: small tables whose columns become columns of the rows: ``"users.csv on user"``, or ``{"path": "users.csv", "on": "user",
      "columns": ["country"], "prefix": "user_", "unmatched": "reject"}``, or several of these
    - ``where``: what must be true of a row that counts, in SQL: ``"status >= 500"``; ``derive``: columns that are computed, for keys, times and
      measures: ``{"class": "substr(status, 1, 1) || 'xx'"}``; ``types``: what columns are that expressions name and that are not text:
      ``{"status": "integer"}``
    - ``keys``: the column or columns that counts are grouped by (the only one with a usual name); ``[]`` counts all rows together
    - ``case``: the case that the values of keys are brought to: ``"keep"``, ``"lower"``, ``"upper"``, ``"title"``
    - ``values``: values of the key that get a column of their own; ``top``: the busiest windows: ``10``, ``("Open", 10)`` or ``("p95(ms)", 10)``
    - ``peaks``: windows that stand out from the usual: ``10``, ``("Open", 10)``, or
      ``{"by": "Open", "limit": 10, "threshold": 5, "gaps": True}``
    - ``cumulative``: the period within which counts are added up, window after window (``"1d"``); ``previous``: how long before a
      window those are that it is compared with (``"1w"``, ``["1d", "1w"]``)
    - ``measures``: what is asked of the values of columns: ``["sum(bytes)", "mean(ms)", "p95(ms)", "distinct(user)"]``
    - ``thousands``: what separates the thousands of measured numbers: ``","``; ``on_bad_number``: where a measured value is not a
      number its row is a reject (``"reject"``), or the value ``"null"``
    - ``fill``: what a window without events shows: ``"zero"``, ``"null"``, or ``"none"``: it is left out; ``shape``: ``"wide"``
      or ``"long"``
    - ``input_format``: ``"csv"``, ``"json"``, ``"text"``, ``"parquet"``, ``"delta"``; ``pattern``: how lines of text logs are taken apart; ``parquet_keys``: the
      environment variables that hold the keys of encrypted Parquet (``"env:NAME"``, ``"COLUMN=env:NAME"``); of CSV ``delimiter``, ``comment``, ``skip_lines``, ``columns`` (of files without a
      header), ``line_end``, ``encoding``
    - ``duplicates``: a file with the content of another one: ``"refuse"`` or ``"count"``
    - ``max_rejects``: refuse a file with more rejects: ``100``, ``"0.1%"`` (``"none"``); ``strict``: give no answer when any file
      is refused
    - ``keep``: keep a ledger in this folder, and publish there: later runs read only what has changed

    How it is done, which changes no answer:

    - ``threads``: threads that count (one per processor); ``engine``: ``"embedded"``, or a Spark at ``"sc://host:port"``
    - ``rejects``: how many rejects ``.rejects`` has at most
    - ``progress``: a function that gets a :class:`windrow.Progress`, True or False (shown in a terminal and in a notebook)
    - ``again``, ``accept_gone``, ``list_all``: of a job with a ledger: read files again, ``"all"`` or those with events in a span
      ``(from, to)``; continue even if many counted files are missing; list all folders, also those that are too old for the job's ``look_back``

    Raises a :class:`windrow.Error` by its kind. When files were refused and others count, its ``result`` has the answer without
    them. Ctrl-C raises ``KeyboardInterrupt``, and nothing is published. Other threads of Python go on meanwhile.
    """
    with ExitStack() as stack, shown(progress) as told:
        given = Given.of(inputs, stack, _columns(question))
        how = _how(threads, engine, again, accept_gone, list_all, rejects)
        outcome, error = _native.run(given.job, given.files, _asked(given, question), how, told)
    result = Result(outcome)
    if error is not None:
        error.result = result
        raise error
    return result


def digest(
    inputs: Inputs,
    *,
    threads: int | None = None,
    engine: str | None = None,
    progress: Wanted = None,
    **question: Unpack[Question],
) -> str:
    """The hash of an answer: equal answers have equal hashes. That of a job with a ledger is made from its ledger.

    >>> import windrow
    >>> windrow.digest("examples/events.csv", every="1d") == windrow.digest(["examples/events.csv"], every="1d", threads=1)
    True
    """
    with ExitStack() as stack, shown(progress) as told:
        given = Given.of(inputs, stack, _columns(question))
        how = _how(threads, engine, None, False, False, 0)
        return _native.digest(given.job, given.files, _asked(given, question), how, told)


def check(
    inputs: Inputs,
    *,
    engine: str | None = None,
    **question: Unpack[Question],
) -> Check:
    """Looks whether a job would run: its files, their headers, and a sample through the whole way. Nothing is published.

    ``inputs`` and the keywords are those of :func:`windrow.run`.

    >>> import windrow
    >>> windrow.check("examples/job.toml")["notes"][-1]
    'ok: nothing was published'
    """
    import json

    with ExitStack() as stack:
        given = Given.of(inputs, stack)
        listed, notes, summary = _native.check(given.job, given.files, _asked(given, question), engine)
    return Check(inputs=listed, notes=notes, summary=None if summary is None else json.loads(summary))


def backup(job: Job | str | os.PathLike[str], to: str | os.PathLike[str]) -> None:
    """Copies what a job keeps to the empty folder ``to``, or to one in a store (``"s3://bucket/backup"``).

    ``job`` is a job, or a job file, with ``[output]``. See docs/backup.md.
    """
    _native.backup(job_of(job), os.fspath(to))


def restore(job: Job | str | os.PathLike[str], backup: str | os.PathLike[str]) -> None:
    """Copies what :func:`windrow.backup` has written to the output folder of a job, which has to be empty."""
    _native.restore(job_of(job), os.fspath(backup))


def generate(output: str | os.PathLike[str], **options: Unpack[Recipe]) -> None:
    """Writes an event log for trials and tests: the same options give the same bytes on every machine.

    The options are the flags of ``windrow generate``: ``events`` ("50M"), ``seed``, ``start``, ``span``, ``keys``
    ("action=Open:3,Close:1"), ``order``, ``dirt`` ("0.1%"), ``files``, ``codec`` and so on.

    >>> import tempfile, windrow
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     windrow.generate(folder + "/events.csv", events=1000, dirt="1%")
    ...     windrow.run(folder + "/events.csv", every="1d").summary["rows"]["read"]
    1000
    """
    _native.generate(os.fspath(output), as_text(options))


def _columns(question: Question) -> list[str] | None:
    """The columns that are counted, where all are named."""
    keys = question.get("keys")
    top = question.get("top")
    measures = question.get("measures") or "(" in str(top[0] if isinstance(top, tuple) else top)
    if "time" not in question or keys is None or measures or {"where", "derive", "lookups"} & set(question):
        return None
    return [name for names in (question["time"], keys) for name in ([names] if isinstance(names, str) else names)]


def _asked(given: Given, question: Question) -> dict[str, Any]:
    asked = as_text(question)
    if given.job is not None and asked:
        names = ", ".join(asked)
        raise TypeError(f"{names} would change the answer of the job: change it first, with job.change(...)")
    return asked


def _how(
    threads: int | None,
    engine: str | None,
    again: str | tuple[Any, Any] | None,
    accept_gone: bool,
    list_all: bool,
    rejects: int,
) -> dict[str, Any]:
    return {
        "threads": threads,
        "engine": engine,
        "again": span(again),
        "accept_gone": accept_gone,
        "list_all": list_all,
        "rejects": rejects,
    }
