"""The program, asked by Python: for what it does with the files of a machine. It is the one that came with this package."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from . import _errors

_CLASSES = {1: "BugError", 2: "JobError", 3: "DataRefused", 4: "StorageError", 5: "StateError", 6: "LimitError"}


def flags(keywords: Mapping[str, Any]) -> list[str]:
    """Keywords as the flags of the same names."""
    given: list[str] = []
    for name, value in keywords.items():
        flag = "--key" if name == "keys" else "--" + name.rstrip("_").replace("_", "-")
        if value is True:
            given.append(flag)
        elif name == "keys" and not isinstance(value, str):
            given += [f"{flag}={key}" for key in value]
        elif isinstance(value, Sequence) and not isinstance(value, str):
            given.append(f"{flag}={','.join(map(str, value))}")
        elif value is not None and value is not False:
            isoformat = getattr(value, "isoformat", None)
            given.append(f"{flag}={isoformat() if callable(isoformat) else value}")
    return given


class Log(Protocol):
    """A log of Python, or one that is like it."""

    def log(self, level: int, msg: str, /, *args: object) -> None:
        """Takes a message."""


class Heard:
    """What the program said on stderr with ``--log-format=json``, line by line. What it logs goes to ``log``."""

    def __init__(self, lines: Iterable[str], log: Log) -> None:
        import json
        import logging

        self._error: dict[str, Any] | None = None
        for line in lines:
            try:
                event: dict[str, Any] = json.loads(line)
            except ValueError:
                self._error = self._error or {"message": line.strip()}
                continue
            if event.get("level") == "ERROR":
                self._error = event
            elif event.get("message") != "summary":
                level = {"DEBUG": logging.DEBUG, "INFO": logging.INFO}.get(event.get("level", ""), logging.WARNING)
                log.log(level, "%s", event["message"])

    def raised(self, exit_code: int) -> _errors.Error:
        """The error that it ended with; a negative exit code is the signal that killed it."""
        silent = "windrow ended without a message" if exit_code >= 0 else f"windrow was killed by signal {-exit_code}"
        event = self._error or {"message": silent, "code": "bug" if exit_code >= 0 else "killed"}
        place = (event.get("file"), event.get("line"), event.get("byte"), event.get("column"))
        made = getattr(_errors, _CLASSES.get(exit_code, "Error"))
        error: _errors.Error = made(event["message"], event.get("code", "bug"), exit_code, event.get("help"), place)
        return error


def ask(arguments: Sequence[str]) -> None:
    """Runs the program. What it logs goes to Python's log."""
    import logging
    import subprocess
    import sys

    command = [sys.executable, "-m", "windrow", "--log-format=json", *arguments]
    done = subprocess.run(command, capture_output=True, check=False)
    heard = Heard(done.stderr.decode(errors="replace").splitlines(), logging.getLogger("windrow"))
    if done.returncode != 0:
        raise heard.raised(done.returncode)


def paths_of(inputs: Any) -> list[str]:
    """Inputs that are paths, as arguments."""
    several = [inputs] if isinstance(inputs, (str, os.PathLike)) else list(inputs)
    return [os.fspath(path) for path in several]
