"""The score of windrow in Pollock, the benchmark of CSV readers (Vitagliano et al., VLDB 2023), by its own measures.

    python3 tests/pollock.py WINDROW POLLOCK      POLLOCK: a clone of HPI-Information-Systems/Pollock

Pollock compares the rows that a program has loaded with those of a clean file, as bags. windrow counts rows by day and by every
other column, which gives them back: a row counts as often as it was there. Rows that are rejects are missing. As other programs
are, windrow is told of each file what its parameters say, as far as it can be told. Needs what Pollock's measures need: pip
install multiset chardet price-parser python-dateutil joblib numpy.
"""

import csv
import datetime as dt
import functools
import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TIME, DAY = "DATE", "%d/%m/%Y"
MEASURES = 10


def job_of(told, header, path):
    """The job that counts the rows of a file."""
    width = told["n_columns"]
    names = header if told["header_lines"] == 1 else [f"c{number}" for number in range(width)]
    time = names[0]
    skipped = told["preamble_lines"] + (told["header_lines"] if told["header_lines"] != 1 else 0)
    source = {"path": [str(path)], "time": time, "time_format": DAY, "keys": names[1:], "skip_lines": skipped}
    if len(told["delimiter"]) == 1:
        source["delimiter"] = told["delimiter"]
    if told["header_lines"] != 1:
        source |= {"header": False, "columns": names}
    lines = [f"{key} = {json.dumps(value)}" for key, value in source.items()]
    limits = '[limits]\nrejects = "none"\n'
    report = '[reports.rows]\nevery = "1d"\nshape = "long"\nfill = "none"\n'
    return 'name = "pollock"\nversion = 1\n[source]\n' + "\n".join(lines) + f"\n{limits}{report}"


def loaded(windrow, told, header, path):
    """The rows that windrow has counted, the header first; none: it refuses the file."""
    if told["n_columns"] == 0:
        return [], None
    text = job_of(told, header, path)
    with tempfile.TemporaryDirectory() as folder:
        job = Path(folder, "job.toml")
        job.write_text(text)
        done = subprocess.run([windrow, "run", str(job), "--format", "csv", "--quiet"], capture_output=True, check=False)
    if done.returncode not in (0, 3) or done.returncode == 3 and not done.stdout:
        return None, done.stderr.decode().splitlines()[:1]
    rows = [header] if told["header_lines"] else []
    for start, _, *values, count in list(csv.reader(done.stdout.decode().splitlines(keepends=True)))[1:]:
        day = dt.datetime.strptime(start, "%Y-%m-%dT%H:%M:%SZ").strftime(DAY)
        rows += [[day, *values]] * int(count)
    return rows, None


def main():
    windrow, pollock = sys.argv[1], Path(sys.argv[2]).resolve()
    sys.path.insert(0, str(pollock))
    from pollock import metrics

    # The files differ in a place or two.
    metrics.normalize_cell = functools.cache(metrics.normalize_cell)
    files = pollock / "polluted_files"
    weights = json.loads((pollock / "pollock_weights.json").read_text())
    names = sorted(path.name for path in (files / "csv").glob("*.csv"))

    def score(name):
        told = json.loads((files / "parameters" / f"{name}_parameters.json").read_text())
        rows, why = loaded(windrow, told, told["column_names"], files / "csv" / name)
        if rows is None:
            return name, 0.0, why
        with tempfile.NamedTemporaryFile("w", newline="", suffix=".csv") as file:
            csv.writer(file).writerows(rows)
            file.flush()
            return name, 1 + sum(metrics.header_record_cell_measures_csv(files / "clean" / name, file.name)), None

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        scores = list(pool.map(score, names))
    kinds = {}
    for name, points, why in scores:
        kinds.setdefault(re.sub(r"_(row|col)?\d+|(?<=quote)\d+|_col\d+", "", name) if name.startswith("row") else name, []).append(points)
        if why:
            print(f"{name}: refused: {why}")
    for kind, points in sorted(kinds.items()):
        print(f"{kind}: {len(points)} files, {sum(points) / len(points):.3f}")
    total = sum(weights.get(name, -1) for name in names)
    weighted = sum(points * weights.get(name, -1) / total for name, points, _ in scores)
    print(f"of {MEASURES}: simple {sum(points for _, points, _ in scores) / len(scores):.3f}, weighted {weighted:.3f}, {len(scores)} files")


main()
