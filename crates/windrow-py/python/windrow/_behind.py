"""What is behind a job that keeps a ledger: plans, causes, changes; and comparisons."""

from __future__ import annotations

import os
from datetime import date, datetime
from typing import Any

from . import _native
from ._job import Job
from ._progress import Wanted, shown
from ._result import Result
from ._table import Table


class Plan(dict[str, Any]):
    """What a run would do: as ``windrow plan --format json`` says it. ``files`` as a table is ``plan.table``."""

    table: Table

    def __repr__(self) -> str:
        return f"{_told(self)}\n\n{self.table!r}"

    def _repr_html_(self) -> str:
        return _native.styled(f"<pre>{_escape(_told(self))}</pre>") + self.table._repr_html_()


class Why(dict[str, Any]):
    """What is behind a number: as ``windrow why --format json`` says it."""

    def __repr__(self) -> str:
        numbers = [f"  {_key(of['values'])}  {of['count']:,}" for of in self["numbers"]] or ["  it holds no event"]
        files = [f"{of['file']}: {_events(of['count'])}, read by run {of['run']}" for of in self["files"]]
        changes = [
            f"  {_key(of['values'])} {of['old']} → {of['new']}, run {of['run']}, {of['file'] or ''} {of['cause']} ({of['at']})"
            for of in self["changes"] or []
        ]
        head = f"report {self['report']}: the window {self['window_start']} to {self['window_end']}"
        return "\n".join([head, *numbers, *files, *changes])

    def _repr_html_(self) -> str:
        numbers = "".join(_row(_key(of["values"]), of["count"]) for of in self["numbers"])
        files = "".join(
            _row(of["file"], of["state"], of["count"], of["rejected"], of["run"]) for of in self["files"]
        )
        changes = "".join(
            _row(of["at"], _key(of["values"]), of["old"], of["new"], f"{of['file'] or ''} {of['cause']}", of["run"])
            for of in self["changes"] or []
        )
        parts = [
            f"<p><strong>{_escape(self['report'])}</strong>: {_escape(self['window_start'])} to {_escape(self['window_end'])}</p>",
            _html_table(("value", "events"), numbers),
            _html_table(("file", "state", "events", "rejects", "run"), files),
            _html_table(("at", "value", "old", "new", "cause", "run"), changes) if changes else "",
        ]
        return _native.styled("".join(parts))


class Comparison(dict[str, Any]):
    """Two answers beside each other: as ``windrow compare --format json`` says it. True if they are equal."""

    _text: str = ""

    @property
    def equal(self) -> bool:
        """Whether all windows are equal."""
        return bool(self["equal"])

    def __bool__(self) -> bool:
        return self.equal

    def __repr__(self) -> str:
        return self._text.rstrip("\n")

    def _repr_html_(self) -> str:
        return _native.styled(f"<pre>{_escape(self._text)}</pre>")


def plan(
    job: Job | str | os.PathLike[str],
    *,
    again: str | tuple[Any, Any] | None = None,
    accept_gone: bool = False,
    list_all: bool = False,
) -> Plan:
    """What a run of the job would read and make again, and why. No event is read, nothing is written.

    ``job`` keeps a ledger. ``again``, ``accept_gone`` and ``list_all`` are as in :func:`windrow.run`.
    """
    text, table = _native.plan(job_of(job), span(again), accept_gone, list_all)
    made = Plan(_read(text))
    made.table = Table(table)
    return made


def why(
    job: Job | str | os.PathLike[str],
    window: str | date | datetime,
    value: str | None = None,
    *,
    report: str | None = None,
    since: str | date | datetime | None = None,
) -> Why:
    """What is behind the numbers of a window: files, spellings, rejects, runs; with ``since`` what changed them.

    ``window`` is a time in the window, ``value`` the only value to tell of, ``report`` the report (the first one), ``since``
    a time, or the name of a run or how it begins.
    """
    after = None if since is None else moment(since)
    return Why(_read(_native.why(job_of(job), moment(window), value, report, after)))


def show(
    job: Job | str | os.PathLike[str],
    table: str,
    *,
    report: str | None = None,
    from_: str | date | datetime | None = None,
    to: str | date | datetime | None = None,
    file: str | None = None,
) -> Table:
    """A table behind a job: ``windows`` (published), ``peaks``, ``rejects``, ``files``, ``runs`` or ``changes``.

    ``report`` chooses windows, peaks and changes, as ``from_`` and ``to`` choose windows and changes; ``file`` chooses rejects.
    """
    start, end = (None if time is None else moment(time) for time in (from_, to))
    return Table(_native.show(job_of(job), table, report, start, end, file))


def changes(
    job: Job | str | os.PathLike[str],
    *,
    report: str | None = None,
    from_: str | date | datetime | None = None,
    to: str | date | datetime | None = None,
) -> Table:
    """Which published numbers changed, their old and new values, and why; the newest last. ``from_`` and ``to`` choose windows."""
    return show(job, "changes", report=report, from_=from_, to=to)


def compare(
    a: Job | Result | str | os.PathLike[str],
    b: Job | Result | str | os.PathLike[str],
    *,
    map: dict[str, str] | None = None,
    zone: str | None = None,
    report: str | None = None,
    limit: int = 10,
    engine: str | None = None,
    progress: Wanted = None,
) -> Comparison:
    """Compares two answers: equal, or where they differ and why.

    Each is a job or a job file, which is counted; or a result that was written: a file (.csv, .json, .ndjson, .parquet), a
    folder of part files, or a Delta table. Windows that one side does not have are windows without events.

    ``map`` names columns by what they are (``{"window.start": "ts", "Open": "opened"}``), ``zone`` is that of times without
    an offset, ``report`` the report to compare, ``limit`` how many differing windows are listed.
    """
    names = [f"{name}={column}" for name, column in (map or {}).items()]
    with shown(progress) as told:
        _, text, data = _native.compare(_side(a), _side(b), names, zone, report, limit, engine, told)
    made = Comparison(_read(data))
    made._text = text
    return made


def _side(side: Job | Result | str | os.PathLike[str]) -> _native.Job | str:
    if isinstance(side, Result):
        side = side.job
    return side._job if isinstance(side, Job) else os.fspath(side)


def job_of(job: Job | str | os.PathLike[str]) -> _native.Job:
    """The job, read if it is a job file."""
    return (job if isinstance(job, Job) else Job.read(job))._job


def moment(time: str | date | datetime) -> str:
    """A time as windrow reads it."""
    return time if isinstance(time, str) else time.isoformat()


def span(again: str | tuple[Any, Any] | None) -> str | None:
    """What is read again, as the flag says it."""
    return again if again is None or isinstance(again, str) else "..".join(moment(time) for time in again)


def _read(text: str) -> Any:
    import json

    return json.loads(text)


def _escape(text: str) -> str:
    import html

    return html.escape(text)


def _told(plan: Plan) -> str:
    version = plan["ledger_version"]
    lines = [f"{plan['job']}: " + ("there is no ledger yet" if version is None else f"ledger version {version}")]
    n = plan["files_to_read"]
    files = len(plan["files"])
    lines.append(f"{files:,} {'file' if files == 1 else 'files'}: " + (f"{n:,} to read, {plan['bytes']:,} bytes" if n else "nothing to read"))
    if unlisted := plan["unlisted"]:
        known = sum(folder["files"] for folder in unlisted["folders"])
        lines.append(f"{len(unlisted['folders']):,} folders of days before {unlisted['before']} are not listed; known files in them: {known:,}")
    if plan["will_stop"]:
        lines.append(f"the run will publish nothing: {plan['will_stop']}")
    lines += [f"report {of['report']}: windows made again: {of['windows']} ({of['why']})" for of in plan["reports"]]
    return "\n".join(lines)


def _events(n: int) -> str:
    return "1 event" if n == 1 else f"{n:,} events"


def _key(values: list[str | None]) -> str:
    return " / ".join("null" if value is None else value for value in values)


def _row(*cells: object) -> str:
    return "<tr>" + "".join(_cell(cell) for cell in cells) + "</tr>"


def _cell(value: object) -> str:
    return f'<td class="number">{value:,}</td>' if isinstance(value, int) else f"<td>{_escape(str(value))}</td>"


def _html_table(names: tuple[str, ...], rows: str) -> str:
    head = "".join(f"<th>{name}</th>" for name in names)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
