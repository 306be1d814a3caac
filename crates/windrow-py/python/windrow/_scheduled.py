"""A run as schedulers start it: the command in a process of its own, its messages in their log, its end as an error or a summary."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from . import _errors, _program
from ._result import Summary


class Run:
    """``windrow run JOB`` in a process of its own.

    A scheduler can stop it, also from a signal handler; whatever ends :meth:`finish` early ends the process too. Then nothing
    is published.
    """

    def __init__(
        self,
        job: str | os.PathLike[str],
        arguments: Sequence[str] = (),
        *,
        log: _program.Log,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._job, self._arguments, self._log = os.fspath(job), list(arguments), log
        self._env = {**os.environ, **(env or {})}
        self._process: subprocess.Popen[str] | None = None

    def finish(self) -> Summary:
        """Runs the job to its end. Raises a :class:`windrow.Error`, with the summary that the run left."""
        with tempfile.TemporaryDirectory(prefix="windrow-") as folder:
            told = Path(folder) / "summary.json"
            command = [sys.executable, "-m", "windrow", "run", "--log-format=json", f"--summary-json={told}"]
            process = subprocess.Popen(
                [*command, *self._arguments, self._job],
                stdin=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                env=self._env,
            )
            self._process = process
            try:
                assert process.stderr is not None
                heard = _program.Heard(process.stderr, self._log)
                code = process.wait()
            finally:
                self.stop()
                process.wait()
                self._process = None
            summary = Summary(json.loads(told.read_text())) if told.exists() else None
        if code == 0 and summary is not None:
            return summary
        error = heard.raised(code)
        error.summary = summary
        raise error

    def stop(self) -> None:
        """Stops the run as Ctrl-C does, if it is there."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()


def is_retried(error: _errors.Error) -> bool:
    """Whether another try may help: storage or the network failed, or another run was first."""
    return isinstance(error, _errors.StorageError)


def facts(summary: Summary) -> dict[str, Any]:
    """What others want to know of a run."""
    names = ("run", "job", "outcome", "ledger_version", "windows_changed", "first_event", "last_event", "bytes_read", "elapsed_s")
    rows = {name: summary["rows"][name] for name in ("read", "counted", "filtered", "rejected", "ignored", "refused")}
    return {**{name: summary[name] for name in names}, "rows": rows, "files": summary["files"]}
