"""A server process of a test: in a process group of its own, its output in a file, stopped by its number."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

# Every wait looks again after this long.
LOOK_S = 0.02
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Failed(Exception):
    """A server that did not come up, with the end of what it said."""


class Daemon:
    def __init__(self, name, command, environment, folder):
        self.name, self.log = name, Path(folder, f"{name}.log")
        # Appended to: a server that is started again keeps what it said before.
        with self.log.open("ab") as out:
            self._read_from = out.tell()
            self._process = subprocess.Popen(
                [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env=environment, cwd=folder, start_new_session=True,
            )

    @property
    def pid(self):
        return self._process.pid

    @property
    def alive(self):
        return self._process.poll() is None

    def wait_for_line(self, pattern, deadline):
        """The first match of a regular expression in what this start of the server has said."""
        return wait_for(lambda: re.search(pattern, self._said()), deadline, f"a line like {pattern!r}", self)

    def count(self, pattern):
        """How often this start of the server has said something."""
        return len(re.findall(pattern, self._said()))

    def _said(self):
        with self.log.open("rb") as log:
            log.seek(self._read_from)
            return log.read().decode(errors="replace")

    def children(self):
        """The numbers and command lines of the processes that this one has started."""
        listed = subprocess.run(["ps", "-A", "-ww", "-o", "pid=,ppid=,args="], stdout=subprocess.PIPE, text=True, check=True)
        rows = (line.split(None, 2) for line in listed.stdout.splitlines())
        return {int(row[0]): row[2] for row in rows if len(row) == 3 and int(row[1]) == self.pid}

    def signal(self, number):
        """Sends a signal to the process and to all it has started, dead parents' children included."""
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            pass

    def kill(self):
        """Ends the process and all it has started at once, and returns when it is gone."""
        self.signal(signal.SIGKILL)
        self._process.wait()

    def end_of_log(self):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-30:])


@contextlib.contextmanager
def signals_wait():
    """Lets signals come after the block: between the start of a process and the note of its number an exception would
    leave a process that nobody knows of."""
    if threading.current_thread() is not threading.main_thread():
        # Python hands signals to the main thread alone.
        yield
        return
    came = []
    before = {number: signal.signal(number, lambda *what: came.append(what[0])) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in came:
            os.kill(os.getpid(), number)


def end_by_exception():
    """Makes the signals that end a program an exception, so that what it has started is stopped."""
    for number in ENDING:
        signal.signal(number, lambda number, _: sys.exit(128 + number))


def wait_for(look, deadline, what, *daemons):
    """What `look` finds, as soon as it is something; fails at the deadline (of `time.monotonic`) or when a server that
    is waited for ends."""
    while True:
        ended = [daemon for daemon in daemons if not daemon.alive]
        found = look()
        if found:
            return found
        late = time.monotonic() > deadline
        if ended or late:
            why = f"the {ended[0].name} ended" if ended else "the time is over"
            logs = "".join(f"\n--- end of {daemon.log}\n{daemon.end_of_log()}" for daemon in ended or daemons)
            raise Failed(f"waited for {what}, but {why}{logs}")
        time.sleep(LOOK_S)
