#!/usr/bin/env python3
"""Runs the programs and snippets of docs/pictures.md as they stand there: what they say of themselves is true, and each makes its file.

    python tests/page/beside.py target/debug/windrow [--write]

With --write the pictures and DuckDB's tables in the document are those of now.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import altair
import duckdb
import matplotlib
import plotly.express

import windrow

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "pictures.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def section(text, title):
    """What stands below a heading, up to the next of its level."""
    level = "#" * (len(title) - len(title.lstrip("#")))
    _, _, rest = text.partition(f"\n{title}\n")
    assert rest, f"{DOCUMENT} has no heading {title}"
    return re.split(rf"^{level} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def first(text, language):
    return next(code for of, code in BLOCK.findall(text) if of == language)


def numbers(counts):
    return ", ".join(f"{counts[action]:,}" for action in ("Open", "Close", "other"))


def by_windrow(part, program):
    command = first(part, "sh").strip()
    subprocess.run(command.replace("windrow", str(program), 1), shell=True, check=True, capture_output=True)
    r = windrow.run("examples/events.csv", every="10m", case="title", values=["Open", "Close"])
    return command, numbers({name: sum(row[f"{name.lower()}_count"] for row in r.windows.to_dicts()) for name in ("Open", "Close", "other")})


def by_pandas(part, _):
    code, made = first(part, "python"), {}
    exec(code, made)  # noqa: S102
    return code, numbers(made["windows"].sum())


def by_polars(part, _):
    code, made = first(part, "python"), {}
    exec(code, made)  # noqa: S102
    return code, numbers(dict(made["windows"].group_by("action").agg(made["pl"].sum("events")).iter_rows()))


def by_duckdb(part, _):
    code = first(part, "sql")
    duckdb.sql("SET TimeZone = 'UTC'")
    answers = [(query, duckdb.sql(query)) for query in map(str.strip, code.split(";")) if query]
    shown = [str(answer) for query, answer in answers if query.startswith("SELECT")]
    told = "\n".join(table.rstrip("\n") for table in shown) + "\n"
    opened, closed, events = duckdb.sql("SELECT sum(open)::INT, sum(close)::INT, sum(events)::INT FROM windows").fetchall()[0]
    return code, numbers({"Open": opened, "Close": closed, "other": events - opened - closed}), told


TOOLS = {
    "windrow": ("### windrow", by_windrow),
    "pandas, matplotlib": ("### pandas and matplotlib", by_pandas),
    "Polars, Altair": ("### Polars and Altair", by_polars),
    "DuckDB": ("### DuckDB", by_duckdb),
}


def beside(text, program, write):
    """The same question by each tool; the table above says how many lines it takes and what it counts."""
    part = section(text, "## Beside other tools")
    for name, (title, ask) in TOOLS.items():
        own = section(part, title)
        code, counts, *told = ask(own, program)
        row = next(row for row in part.splitlines() if row.startswith(f"| {name} |")).split(" | ")
        lines = sum(1 for line in code.splitlines() if line.strip())
        assert row[1] == str(lines) and row[3] == counts, f"{name}: {lines} lines, {counts}; the document says {row}"
        if told and first(own, "text") != told[0]:
            assert write, f"{name}: its tables are others: {told[0]}"
            text = text.replace(f"```text\n{first(own, 'text')}```", f"```text\n{told[0]}```", 1)
    return text


def own_charts(text):
    """Snippets of three lines, each of which makes a file."""
    part = section(text, "## Your own charts")
    run, *snippets = [code for language, code in BLOCK.findall(part) if language == "python"]
    names = {"windrow": windrow, "alt": altair, "px": plotly.express}
    exec(run, names)  # noqa: S102
    assert len(snippets) == 3, len(snippets)
    for code in snippets:
        assert len(code.splitlines()) == 3, code
        exec(code, names)  # noqa: S102
        made = Path(re.search(r'"(\w+\.(?:html|svg))"', code)[1])
        assert made.stat().st_size > 4_000, made


def main(program, write):
    matplotlib.use("agg")
    # The same document has the same bytes.
    matplotlib.rcParams["svg.hashsalt"] = "windrow"
    text = DOCUMENT.read_text()
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "examples", Path(folder) / "examples")
        os.chdir(folder)
        now = beside(text, program, write)
        own_charts(text)
        for picture in ("windrow.svg", "pandas.svg", "polars.svg"):
            assert Path(picture).stat().st_size > 10_000, picture
            if write:
                shutil.copy(picture, DOCUMENT.parent / "pictures")
        os.chdir(ROOT)
    if write:
        DOCUMENT.write_text(now)
    print(f"beside other tools: {len(TOOLS) + 3} passed")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), "--write" in sys.argv[2:])
