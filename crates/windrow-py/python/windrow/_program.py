"""The program, as Python hears it: what it says becomes messages of a log and an error."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from . import _errors

_CLASSES = {1: "BugError", 2: "JobError", 3: "DataRefused", 4: "StorageError", 5: "StateError", 6: "LimitError"}


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
