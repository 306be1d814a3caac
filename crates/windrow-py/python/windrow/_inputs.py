"""Inputs: what a caller gives, as files that the library reads."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import ExitStack
from typing import IO, Any, Protocol

from . import _native
from ._job import Job

class ArrowStream(Protocol):
    """A table of another library, which it streams through Arrow's C interface: of pandas, Polars, PyArrow, DuckDB."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The stream."""


Input = str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes] | IO[str] | ArrowStream
"""One input: a path (a file, a folder, a glob, ``-`` for standard input), its bytes, a file object that is read to its end, or a table."""

Inputs = Input | Job | Iterable[Input]
"""A job or a job file, or inputs."""


class Given:
    """A job, if there is one, and files with the names of those that stand for something else."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._folder: str | None = None
        self.job: _native.Job | None = None
        self.files: list[tuple[str | _native.Batches, str | None]] = []

    @classmethod
    def of(cls, inputs: Any, stack: ExitStack, columns: list[str] | None = None) -> Given:
        """What ``inputs`` are; what is made for them lasts as long as ``stack``. Of tables only ``columns`` are taken, if they are
        known."""
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
            elif hasattr(each, "__arrow_c_stream__"):
                given._stream(each, columns)
            elif hasattr(each, "read"):
                given._read(each)
            else:
                raise TypeError(f"windrow cannot read {type(each).__name__}: {each!r:.80}")
        if given.job is None and not given.files:
            raise TypeError("there is nothing to count: name a job, or inputs")
        return given

    def _stream(self, table: Any, columns: list[str] | None) -> None:
        package, _, _ = type(table).__module__.lstrip("_").partition(".")
        name = f"<{package}.{type(table).__name__}>"
        if package == "pandas" and columns is not None and all(column in table.columns for column in columns):
            # Others need not be brought to Arrow.
            table = table[columns]
        self.files.append((_native.batches(table, columns), self._distinct(name)))

    def _keep(self, name: str, content: Any) -> None:
        with open(self._new(name), "wb") as file:
            file.write(content)

    def _read(self, file: Any) -> None:
        path = _path_of(file)
        if path is not None:
            self.files.append((path, None))
            return
        import shutil

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

    def _new(self, name: str) -> str:
        if self._folder is None:
            import tempfile

            self._folder = os.path.realpath(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="windrow-")))
        path = os.path.join(self._folder, f"{len(self.files):06}")
        self.files.append((path, self._distinct(name)))
        return path

    def _distinct(self, name: str) -> str:
        return f"{name} ({len(self.files) + 1})" if any(name == of for _, of in self.files) else name


def _is_one(inputs: object) -> bool:
    return isinstance(inputs, (str, os.PathLike, bytes, bytearray, memoryview, Job)) or any(
        hasattr(inputs, name) for name in ("read", "__arrow_c_stream__")
    )


def _path_of(file: Any) -> str | None:
    """The path of a file that is open at its beginning and whose bytes are what is on the disk."""
    import stat

    try:
        opened, at = os.fstat(file.fileno()), file.tell()
        named = os.stat(file.name)
    except (AttributeError, OSError, TypeError, ValueError):
        return None
    is_plain = type(file).__name__ in ("BufferedReader", "FileIO", "TextIOWrapper") and stat.S_ISREG(opened.st_mode)
    if isinstance(file.name, str) and is_plain and at == 0 and os.path.samestat(opened, named):
        return file.name
    return None
