"""Errors by kind, with what a program needs to act on them."""

from __future__ import annotations

from typing import Any, NamedTuple

from ._result import Result, Summary


class Location(NamedTuple):
    """A place in a file, as far as it is known."""

    file: str | None = None
    line: int | None = None
    """From 1 on."""
    byte: int | None = None
    """From 0 on."""
    column: str | None = None


class Error(Exception):
    """What went wrong, and where; ``help`` says what to do next.

    >>> import windrow
    >>> try:
    ...     windrow.run("no/such/file.csv")
    ... except windrow.Error as error:
    ...     print(type(error).__name__, error.code, error.exit_code)
    JobError not-found 2
    """

    code: str
    """A stable name for what went wrong: see docs/errors.md."""
    exit_code: int
    """The exit code that the program would end with."""
    help: str | None
    """What to do next."""
    location: Location
    """Where, as far as it is known."""
    summary: Summary | None
    """The summary of the run that it ended, if there was one."""
    result: Result | None
    """What the run has all the same: rejects, files, and the answer without refused files."""

    def __init__(
        self,
        message: str,
        code: str = "bug",
        exit_code: int = 1,
        help: str | None = None,
        place: tuple[str | None, int | None, int | None, str | None] = (None, None, None, None),
        summary: str | None = None,
    ) -> None:
        import json

        super().__init__(message, code, exit_code, help, place, summary)
        self.message, self.code, self.exit_code, self.help = message, code, exit_code, help
        self.location = Location(*place)
        self.summary = None if summary is None else Summary(json.loads(summary))
        self.result = None

    def __str__(self) -> str:
        return self.message if self.help is None else f"{self.message}\n  help: {self.help}"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.args


class JobError(Error):
    """The job or the arguments are wrong: correct them."""


class DataRefused(Error):
    """Files were refused, or no row was counted: correct the data, or raise a limit."""


class StorageError(Error):
    """Storage or network failed, or another run won: a retry is safe and may help."""


class StateError(Error):
    """A person must look: what is kept is damaged, or does not match the job."""


class LimitError(Error):
    """A limit was reached: disk, memory, or the number of groups."""


class BugError(Error):
    """A bug in windrow: please report it."""
