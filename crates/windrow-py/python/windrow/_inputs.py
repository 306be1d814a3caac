"""Inputs: what a caller gives, as files that the library reads."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

from . import _native
from ._job import Job

Input = str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes] | IO[str]
"""One input: a path (a file, a folder, a glob, ``-`` for standard input), its bytes, or a file object that is read to its end."""

Inputs = Input | Job | Iterable[Input]
"""A job or a job file, or inputs."""


class Given:
    """A job, if there is one, and files with the names of those that stand for something else."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._folder: Path | None = None
        self.job: _native.Job | None = None
        self.files: list[tuple[str, str | None]] = []

    @classmethod
    def of(cls, inputs: Any, stack: ExitStack) -> Given:
        """What ``inputs`` are; what is made for them lasts as long as ``stack``."""
        given = cls(stack)
        several = [inputs] if _is_one(inputs) else list(inputs)
        for at, each in enumerate(several):
            if isinstance(each, Job) and at == 0:
                given.job = each._job
            elif isinstance(each, (str, os.PathLike)):
                path = os.fspath(each)
                if at == 0 and path.endswith(".toml"):
                    given.job = _native.Job.read(path)
                else:
                    given.files.append((path, None))
            elif isinstance(each, (bytes, bytearray, memoryview)):
                given._keep("bytes", each)
            elif hasattr(each, "read"):
                given._read(each)
            else:
                raise TypeError(f"windrow cannot read {type(each).__name__}: {each!r:.80}")
        if given.job is None and not given.files:
            raise TypeError("there is nothing to count: name a job, or inputs")
        return given

    def _keep(self, name: str, content: Any) -> None:
        with open(self._new(name), "wb") as file:
            file.write(content)

    def _read(self, file: Any) -> None:
        path = _path_of(file)
        if path is not None:
            self.files.append((path, None))
            return
        name = getattr(file, "name", None)
        with open(self._new(name if isinstance(name, str) else "file object"), "wb") as copy:
            first = file.read(1 << 20)
            if isinstance(first, str):
                while first:
                    copy.write(first.encode())
                    first = file.read(1 << 20)
            else:
                copy.write(first)
                shutil.copyfileobj(file, copy, 1 << 20)

    def _new(self, name: str) -> Path:
        if self._folder is None:
            self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="windrow-"))).resolve()
        names = [of for _, of in self.files]
        path = self._folder / f"{len(self.files):06}"
        self.files.append((str(path), name if name not in names else f"{name} ({len(self.files) + 1})"))
        return path


def _is_one(inputs: object) -> bool:
    return isinstance(inputs, (str, os.PathLike, bytes, bytearray, memoryview, Job)) or hasattr(inputs, "read")


def _path_of(file: Any) -> str | None:
    """The path of a file that is open at its beginning and whose bytes are what is on the disk."""
    try:
        opened, at = os.fstat(file.fileno()), file.tell()
        named = os.stat(file.name)
    except (AttributeError, OSError, TypeError, ValueError):
        return None
    is_plain = type(file).__name__ in ("BufferedReader", "FileIO", "TextIOWrapper") and stat.S_ISREG(opened.st_mode)
    if isinstance(file.name, str) and is_plain and at == 0 and os.path.samestat(opened, named):
        return file.name
    return None
