"""Jobs: everything that changes an answer."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self, Unpack

from . import _native
from ._question import Question, as_text

if TYPE_CHECKING:
    from ._inputs import Inputs


class Job:
    """Everything that changes an answer: inputs, time, keys, windows, limits. Jobs do not change; :meth:`change` gives another.

    ``Job(inputs, ...)`` takes the keywords of :func:`windrow.run`, looks into the inputs, and has every choice in it:

    >>> import windrow
    >>> job = windrow.Job("examples/events.csv", every="1h", values=["Open", "Close"])
    >>> job.keys, job.reports
    (['action'], ['windows'])
    >>> windrow.run(job.change(every="1d")).windows.to_dicts()[0]["open_count"]
    493
    """

    __slots__ = ("_job",)
    _job: _native.Job

    def __init__(self, inputs: Inputs, **question: Unpack[Question]) -> None:
        from ._inputs import Given

        with ExitStack() as stack:
            given = Given.of(inputs, stack)
            if given.job is not None or any(name is not None for _, name in given.files):
                raise TypeError("a job is made of paths; to read a job file: windrow.Job.read(path)")
            self._job = _native.Job.ask(given.files, as_text(question))

    @classmethod
    def _of(cls, job: _native.Job) -> Self:
        made = cls.__new__(cls)
        made._job = job
        return made

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Self:
        """The job of a job file (docs/job-file.md). Paths in it start from its folder."""
        return cls._of(_native.Job.read(os.fspath(path)))

    @classmethod
    def parse(cls, text: str, path: str | os.PathLike[str] | None = None) -> Self:
        """The job that a text says, which is written as in a job file at ``path``."""
        return cls._of(_native.Job.parse(text, None if path is None else os.fspath(path)))

    @property
    def name(self) -> str:
        """The name of the job."""
        return self._job.name

    @property
    def reports(self) -> list[str]:
        """The names of its reports."""
        return self._job.reports

    @property
    def keys(self) -> list[str]:
        """The columns that counts are grouped by."""
        return self._job.keys

    @property
    def path(self) -> str | None:
        """The job file that it was read from or saved to."""
        return None if self._job.path is None else os.fspath(self._job.path)

    @property
    def output(self) -> str | None:
        """The folder of its ledger and its published tables, if it keeps them."""
        return None if self._job.output is None else os.fspath(self._job.output)

    def to_toml(self) -> str:
        """The text of a job file that says the same, with every choice in it."""
        return self._job.to_toml()

    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> Self:
        """Writes the job to a job file, and gives the job of that file. One that is there and says something else stays,
        unless ``force``."""
        return self._of(self._job.save(os.fspath(path), force))

    def change(self, *, report: str | None = None, **question: Unpack[Question]) -> Self:
        """The same job with some of what it says changed, by the keywords of :func:`windrow.run`. What is of a report
        changes in the first one, or in the one that is named."""
        return self._of(self._job.changed(as_text(question), report))

    def __eq__(self, other: object) -> bool:
        return self._job == other._job if isinstance(other, Job) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        of_file = self._job.path
        return type(self).parse, (self._job.to_toml(of_file), of_file)

    def __repr__(self) -> str:
        return f"<windrow.Job {self.name}: {', '.join(self.reports)}>"

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(self.to_toml())}</pre>"
