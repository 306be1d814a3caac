"""The program, asked by Python: for what it does with the files of a machine. It is the one that came with this package."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from . import _errors

_CLASSES = {2: "JobError", 3: "DataRefused", 4: "StorageError", 5: "StateError", 6: "LimitError"}


class Check(dict[str, Any]):
    """What ``windrow check`` found: ``inputs`` (its list of the inputs), ``notes``, and the ``summary`` of the sample."""

    def __repr__(self) -> str:
        return "\n".join([self["inputs"].rstrip("\n"), *self["notes"]])


def flags(keywords: Mapping[str, Any]) -> list[str]:
    """Keywords as the flags of the same names."""
    given: list[str] = []
    for name, value in keywords.items():
        flag = "--key" if name == "keys" else "--" + name.rstrip("_").replace("_", "-")
        if value is True:
            given.append(flag)
        elif name == "keys" and not isinstance(value, str):
            given += [f"{flag}={key}" for key in value] or ["--no-key"]
        elif name == "top" and isinstance(value, tuple):
            given.append(f"{flag}={value[0]}:{value[1]}")
        elif isinstance(value, Sequence) and not isinstance(value, str):
            given.append(f"{flag}={','.join(map(str, value))}")
        elif value is not None and value is not False:
            isoformat = getattr(value, "isoformat", None)
            given.append(f"{flag}={isoformat() if callable(isoformat) else value}")
    return given


def ask(arguments: Sequence[str]) -> Check:
    """What the program says. What it logs goes to Python's log."""
    import json
    import logging
    import subprocess
    import sys

    log = logging.getLogger("windrow")
    command = [sys.executable, "-m", "windrow", "--log-format=json", *arguments]
    done = subprocess.run(command, capture_output=True, check=False)
    summary, notes, error = None, [], None
    for line in done.stderr.decode(errors="replace").splitlines():
        try:
            event: dict[str, Any] = json.loads(line)
        except ValueError:
            error = error or {"message": line, "exit": done.returncode}
            continue
        if event.get("level") == "ERROR":
            error = event
        elif event.get("message") == "summary":
            summary = event
        else:
            notes.append(event["message"])
            level = {"DEBUG": logging.DEBUG, "INFO": logging.INFO}.get(event.get("level", ""), logging.WARNING)
            log.log(level, "%s", event["message"])
    if done.returncode != 0:
        raise _raised(error or {"message": "windrow ended without a word"}, done.returncode)
    return Check(inputs=done.stdout.decode(errors="replace"), notes=notes, summary=summary)


def _raised(event: Mapping[str, Any], exit_code: int) -> _errors.Error:
    place = (event.get("file"), event.get("line"), event.get("byte"), event.get("column"))
    made = getattr(_errors, _CLASSES.get(exit_code, "BugError"))
    error: _errors.Error = made(event["message"], event.get("code", "bug"), exit_code, event.get("help"), place)
    return error


def paths_of(inputs: Any) -> list[str]:
    """Inputs that are paths, as arguments."""
    several = [inputs] if isinstance(inputs, (str, os.PathLike)) else list(inputs)
    return [os.fspath(path) for path in several]
