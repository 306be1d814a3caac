#!/usr/bin/env python3
"""Builds both images of the Dockerfile, and runs them as their users do.

  python tests/deploy/images.py target/debug/windrow windrow.whl SPARK      SPARK is a Python that has PySpark

Its own Python has podman-compose (requirements.txt).
Needs Docker, or to be root on Debian (engine.py). Where there is neither it says so, and fails only in CI.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import compose  # noqa: E402
import engine  # noqa: E402

CLI, LAB = "windrow-test:cli", "windrow-test:lab"
LOCKED = ("--read-only", "--network", "none", "--cap-drop", "all", "--security-opt", "no-new-privileges")
QUESTION = ("--every", "10m", "--values", "Open,Close", "--quiet")
START_S, END_S = 90, 30


@dataclass
class Place:
    engine: object
    program: Path
    spark: Path
    folder: Path

    def run(self, *arguments, code=0, **options):
        command = self.engine.command("run", "--rm", *arguments)
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **options)
        assert done.returncode == code, f"exit {done.returncode}, not {code}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def tell(self, *arguments):
        return engine.quiet(*self.engine.command(*arguments))


def log_of(place):
    logs = place.folder / "logs"
    logs.mkdir(exist_ok=True)
    (logs / "events.csv").write_bytes((engine.ROOT / "examples" / "events.csv").read_bytes())
    return logs


def test_the_command_counts_a_mounted_log(place):
    logs = log_of(place)
    asked = ("run", "/logs/events.csv", *QUESTION)
    said = place.run(*LOCKED, "--volume", f"{logs}:/logs:ro", CLI, *asked)
    here = subprocess.run([place.program, "run", logs / "events.csv", *QUESTION], capture_output=True, text=True, check=True)
    assert said == here.stdout and said.count("\n") == 289, said[:400]
    # As any user, and with the exit code of the run.
    assert place.run(*LOCKED, "--user", "12345:0", "--volume", f"{logs}:/logs:ro", CLI, *asked) == said
    (logs / "events.csv").write_text("time,action\n2016-07-28T04:19:28Z,Open\nyesterday,Open\n")
    place.run(*LOCKED, "--volume", f"{logs}:/logs:ro", CLI, "run", "/logs", "--every", "10m", "--max-rejects", "0", code=3)
    place.run(*LOCKED, CLI, "run", "/nowhere.csv", "--every", "10m", code=2)


def test_the_command_is_no_root_and_says_what_it_is(place):
    told = json.loads(place.tell("inspect", CLI))[0]["Config"]
    assert told["User"] == "10001:0", told["User"]
    assert {f"org.opencontainers.image.{key}" for key in ("title", "licenses", "version", "revision")} <= set(told["Labels"])
    assert place.run(CLI, "--version").startswith("windrow ")


def test_sigterm_ends_a_run_with_143(place):
    name = f"windrow-test-{os.getpid()}"
    command = place.engine.command("run", "--interactive", "--name", name, *LOCKED, CLI, "run", "-", "--every", "10m")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        # More than pipes hold: when all is written, the run reads.
        process.stdin.write(b"time,action\n" + b"2016-07-28T04:19:28Z,Open\n" * 400_000)
        process.stdin.flush()
        place.tell("kill", "--signal", "TERM", name)
        code = process.wait(END_S)
    place.tell("rm", "--force", name)
    assert code == 143, code


def answer(url):
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_the_lab_answers_to_its_token_and_keeps_what_is_changed(place):
    name, notebooks = f"windrow-lab-{os.getpid()}", place.folder / "notebooks"
    notebooks.mkdir()
    notebooks.chmod(0o775)
    place.tell("run", "--detach", "--name", name, "--publish", "127.0.0.1::8888", "--volume", f"{notebooks}:/app/notebooks", LAB)
    began = time.monotonic()
    try:
        logs = lambda: subprocess.run(place.engine.command("logs", name), capture_output=True, text=True, check=True)
        seen = engine.until(lambda: re.search(r"http://127\.0\.0\.1:8888/lab\?token=(\w+)", (lambda end: end.stdout + end.stderr)(logs())), "the address", START_S)
        print(f"containers: JupyterLab is up after {time.monotonic() - began:.1f} s")
        base = "http://" + place.tell("port", name, "8888/tcp").splitlines()[0]
        assert answer(f"{base}/api/status") == 403
        assert answer(f"{base}/api/status?token={seen[1]}") == 200
        assert answer(f"{base}/lab?token={seen[1]}") == 200
        inside = lambda *command: place.tell("exec", name, *command)
        inside("python3", "/opt/lab/etc/jupyter/healthy.py")
        assert inside("id", "-u") == "1000"
        assert inside("windrow", "run", "examples/events.csv", *QUESTION).count("\n") == 288
        note = json.dumps({"type": "file", "format": "text", "content": "kept"}).encode()
        headers = {"Authorization": f"token {seen[1]}", "Content-Type": "application/json"}
        put = urllib.request.Request(f"{base}/api/contents/notebooks/note.txt", note, headers, method="PUT")
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(put, timeout=10).close()
        assert (notebooks / "note.txt").read_text() == "kept"
        stopped = time.monotonic()
        place.tell("stop", "--time", str(END_S), name)
        assert time.monotonic() - stopped < END_S, "JupyterLab was killed"
    finally:
        place.tell("rm", "--force", name)


def test_the_lab_runs_a_command_and_ends_with_its_code(place):
    assert place.run(LAB, "windrow", "run", "examples/events.csv", *QUESTION).count("\n") == 289
    place.run("--user", "12345:0", LAB, "windrow", "run", "nowhere.csv", "--every", "10m", code=2)


def test_the_notebooks_run_in_the_lab(place):
    # Not those that need Spark.
    for path in (path for path in sorted((engine.ROOT / "notebooks").glob("*.ipynb")) if "pyspark" not in path.stem):
        # As another user too: notebooks write beside themselves, and JupyterLab in its home.
        for user in ("1000:0", "12345:0") if path.stem == "quickstart" else ("1000:0",):
            run = ("jupyter", "nbconvert", "--to", "notebook", "--execute", "--stdout", "--log-level", "ERROR", f"notebooks/{path.name}")
            cells = json.loads(place.run("--user", user, "--network", "none", LAB, *run))["cells"]
            told = json.dumps(cells)
            assert path.stem != "quickstart" or "rows 2,000 = counted 1,990" in told, told[:1000]


def test_the_compose_file_starts_a_cluster_that_counts_a_job(place):
    compose.counted_on_the_cluster(place, LAB)


def main():
    program, wheel, spark = (Path(argument).absolute() for argument in sys.argv[1:4])
    found = engine.found(program, wheel)
    if not found:
        print("containers: no Docker, and no root to run podman as: not tested")
        return 1 if os.environ.get("CI") else 0
    passed = failed = 0
    began = time.monotonic()
    for target, tag in (("cli", CLI), ("lab", LAB)):
        found.build(target, tag)
        size = int(engine.quiet(*found.command("image", "inspect", "--format", "{{.Size}}", tag))) / 1e6
        print(f"containers: built {target} by {found.name}, {size:.0f} MB, {time.monotonic() - began:.1f} s", flush=True)
    for name, test in list(globals().items()):
        if not name.startswith("test_"):
            continue
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="windrow-images-") as folder:
            try:
                test(Place(found, program, spark, Path(folder)))
                passed, end = passed + 1, "ok"
            except Exception:  # noqa: BLE001 - whatever a test ends with, the others run
                failed, end = failed + 1, f"FAILED\n{traceback.format_exc()}"
        print(f"containers: {name.removeprefix('test_').replace('_', ' ')}, {time.monotonic() - began:.1f} s: {end}", flush=True)
    print(f"containers: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
