#!/usr/bin/env python3
"""The wheel of this machine in a folder, installed into an empty virtual environment: what README and docs/python.md say first is done
there, and nothing else has to be installed."""

import os
import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = r"""
import sys
try:
    import pyarrow
except ImportError:
    pass
else:
    sys.exit("the environment is not empty")
TABLES = {"to_pandas", "to_polars", "to_arrow"}
{quickstart}
assert r.summary["rows"]["counted"] == {counted}, r.summary
assert sum(row["open_count"] + row["close_count"] for row in r.windows.to_dicts()) == {counted}
assert "<svg" in r._repr_html_() and str(r.plot()).startswith("<svg")
for way in TABLES:
    try:
        getattr(r, way)()
    except ImportError as error:
        assert "pip install" in str(error), error
    else:
        sys.exit(way + " needs no package")
"""
EVENTS = 1000


def main(folder):
    wheels = [path for path in Path(folder).glob("*.whl") if platform.machine() in path.name and "abi3" in path.name]
    if len(wheels) != 1:
        sys.exit(f"there is not one wheel for {platform.machine()} in {folder}: {wheels}")
    text = (ROOT / "README.md").read_text().split("## From Python")[1]
    block = re.search(r"```python\n(.*?)```", text, re.S)[1]
    quickstart = "\n".join(line for line in block.splitlines() if "to_pandas" not in line)
    with tempfile.TemporaryDirectory() as place:
        venv = Path(place) / "venv"
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        # Nothing but the wheel: what it needs it would fetch here.
        install = [venv / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", wheels[0]]
        subprocess.run(install, check=True)
        env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
        command = venv / "bin" / "windrow"
        log = Path(place) / "logs" / "events.csv.gz"
        log.parent.mkdir()
        generate = [command, "generate", "--events", str(EVENTS), "--key", "action=Open:3,Close:1", "--codec", "gzip"]
        subprocess.run([*generate, "--output", log], cwd=place, env=env, check=True)
        program = PROGRAM.replace("{quickstart}", quickstart).replace("{counted}", str(EVENTS))
        subprocess.run([venv / "bin" / "python", "-c", program], cwd=place, env=env, check=True)
        told = subprocess.run([command, "--version"], cwd=place, env=env, check=True, capture_output=True, text=True)
        print(f"{wheels[0].name}: {wheels[0].stat().st_size / 1e6:.1f} MB, {told.stdout.strip()}: the quickstart passed")


if __name__ == "__main__":
    main(sys.argv[1])
