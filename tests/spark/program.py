"""The program under test: run to its end, or started, watched and stopped; and what it leaves, read for comparison."""

import json
import os
import subprocess
from dataclasses import dataclass

# Longer than any run takes on a busy machine: a run that hangs fails here.
RUN_S = 300
ELAPSED = "elapsed_s"


@dataclass
class Ended:
    code: int
    out: str
    said: str

    def good(self, code=0):
        """Itself, if it ended with this code."""
        assert self.code == code, f"exit {self.code}, not {code}:\n{self.said}"
        return self


def windrow(place, *arguments, at=None, settings=None, within_s=RUN_S):
    """Runs the program in the folder `at` (the test's own without); `settings` are added to its environment."""
    command, options = called(place, arguments, at, settings)
    done = subprocess.run(command, capture_output=True, timeout=within_s, check=False, **options)
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


def started(place, *arguments, at=None, settings=None):
    """Starts the program; what it says is read by `ended`."""
    command, options = called(place, arguments, at, settings)
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def ended(process, within_s=RUN_S):
    """Waits for a program that was started."""
    try:
        out, said = process.communicate(timeout=within_s)
    except subprocess.TimeoutExpired:
        process.kill()
        out, said = process.communicate()
        raise AssertionError(f"still running after {within_s} s:\n{said.decode()}") from None
    return Ended(process.returncode, out.decode(), said.decode())


def called(place, arguments, at, settings):
    # The caller's own choices of engine, threads and messages are none of the test's.
    kept = {key: value for key, value in os.environ.items() if not key.startswith("WINDROW_")}
    command = [place.windrow, *map(str, arguments)]
    return command, {"cwd": at or place.folder, "env": {**kept, **(settings or {})}, "stdin": subprocess.DEVNULL}


def answered(place, job, engine, at=None, settings=None):
    """What a run of a job without [output] comes to, in all its parts, for comparison with that of another engine."""
    folder = at or place.folder
    rejects, summary = folder / "rejects.csv", folder / "summary.json"
    for file in (rejects, summary):
        file.unlink(missing_ok=True)
    end = windrow(
        place, "run", job, "--engine", engine, "--format", "csv", "--rejects", rejects, "--summary-json", summary,
        at=folder, settings=settings,
    )
    return {
        "exit code": end.code,
        "answer": end.out,
        "rejects": rejects.read_text() if rejects.exists() else None,
        "summary": timeless(json.loads(summary.read_text())) if summary.exists() else None,
        "said": end.said,
    }


def timeless(summary):
    """A summary without what depends on the clock and on the engine."""
    return {key: value for key, value in summary.items() if key not in ("run", "engine", "stages_s", ELAPSED)}


def same(left, right):
    """Whether two engines have answered the same; an error with the first difference if not."""
    for part in ("exit code", "answer", "rejects", "summary"):
        if left[part] != right[part]:
            shown = f"{part}\n- {left[part]!r:.2000}\n+ {right[part]!r:.2000}"
            if isinstance(left[part], str) and isinstance(right[part], str):
                lines = differing(left[part].splitlines(), right[part].splitlines())
                shown = f"{part}\n" + "\n".join(lines)
            said = f"\n--- one said\n{left['said']:.2000}\n--- the other\n{right['said']:.2000}"
            raise AssertionError(f"the engines differ in the {shown}{said}")


def differing(left, right):
    """The first lines that only one side has."""
    only_left, only_right = set(left) - set(right), set(right) - set(left)
    lines = [f"- {line:.300}" for line in left if line in only_left][:5]
    lines += [f"+ {line:.300}" for line in right if line in only_right][:5]
    return lines or ["the same lines in another order or number"]
