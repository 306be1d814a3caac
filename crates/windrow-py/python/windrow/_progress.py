"""Progress: told to a function, drawn in a terminal, or shown by a notebook. A notebook needs nothing beside IPython."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple


class Progress(NamedTuple):
    """How far a run is."""

    bytes_done: int
    """Bytes read so far."""
    bytes_total: int
    """Bytes that the inputs have; 0 as long as they are not known."""
    rows_done: int
    """Rows read so far."""


Wanted = Callable[[Progress], object] | bool | None
"""A function that is told; True: show it; False: show nothing; None: show it in a terminal or a notebook."""

_PATIENCE_S = 0.5
"""A run that is done sooner shows nothing."""
_DRAWN_EVERY_S = 0.1


@contextmanager
def shown(progress: Wanted) -> Iterator[Callable[..., object] | None]:
    """What the library tells how far it is; what was shown is gone afterwards."""
    if callable(progress):
        yield lambda *numbers: progress(Progress(*numbers))
        return
    bar: Any = None
    if progress is not False:
        bar = _notebook() or (_Terminal() if progress or _is_terminal() else None)
    try:
        yield bar
    finally:
        if bar is not None:
            bar.close()


def _is_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


def _notebook() -> _Notebook | None:
    """A bar if this is a notebook's kernel: IPython is loaded then, and nothing is imported to find out."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return _Notebook() if shell is not None and hasattr(shell, "kernel") else None


class _Bar:
    def __init__(self) -> None:
        self._started = self._drawn = time.monotonic()
        self._is_shown = False

    def __call__(self, *numbers: int) -> None:
        now = time.monotonic()
        if now - self._started >= _PATIENCE_S and now - self._drawn >= _DRAWN_EVERY_S:
            self._drawn = now
            self._draw(Progress(*numbers))
            self._is_shown = True

    def _draw(self, progress: Progress) -> None:
        raise NotImplementedError

    def close(self) -> None:
        """Takes away what was shown."""


def _words(progress: Progress) -> str:
    share = f"{progress.bytes_done * 100 // progress.bytes_total} %" if progress.bytes_total else "listing"
    return f"{share}, {progress.rows_done:,} rows"


class _Terminal(_Bar):
    def _draw(self, progress: Progress) -> None:
        done = progress.bytes_done * 30 // progress.bytes_total if progress.bytes_total else 0
        print(f"\r{'█' * done}{'░' * (30 - done)} {_words(progress)}\x1b[K", end="", file=sys.stderr, flush=True)

    def close(self) -> None:
        if self._is_shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


class _Notebook(_Bar):
    _handle: Any = None

    def _draw(self, progress: Progress) -> None:
        from IPython.display import HTML, display

        value = f' value="{progress.bytes_done}" max="{progress.bytes_total}"' if progress.bytes_total else ""
        shown = HTML(f'<progress style="width: 20rem"{value}></progress> {_words(progress)}')
        if self._handle is None:
            self._handle = display(shown, display_id=True)
        else:
            self._handle.update(shown)

    def close(self) -> None:
        if self._handle is not None:
            from IPython.display import HTML

            self._handle.update(HTML(""))
