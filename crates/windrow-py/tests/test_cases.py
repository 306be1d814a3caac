"""The cases: Python answers as the program does, byte for byte."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import windrow
from conftest import ROOT

CASES = sorted(path for path in (ROOT / "cases").iterdir() if (path / "note.md").exists())
LISTS = {"--values", "--columns"}
# Flags that may be repeated, by their names in Python.
REPEATED = {"--measure": "measures", "--type": "types", "--derive": "derive", "--lookup": "lookups"}


def asked(case: Path) -> tuple[list[str], dict[str, Any]]:
    """The inputs and the flags of a case."""
    args = (case / "args").read_text().splitlines() if (case / "args").exists() else ["run", "job.toml"]
    inputs, flags = [], {}
    words = iter(args[1:])
    for word in words:
        if word.startswith("--"):
            value = next(words)
            if word in REPEATED:
                values = value.split(", ") if word == "--measure" else [value]
                flags.setdefault(REPEATED[word], []).extend(values)
                continue
            name = "keys" if word == "--key" else word[2:].replace("-", "_")
            flags[name] = value.split(",") if word in LISTS else value
        else:
            inputs.append(word)
    if rule := flags.pop("unmatched", None):
        flags["lookups"] = [as_dictionary(text) | {"unmatched": rule} for text in flags["lookups"]]
    return inputs, flags


def as_dictionary(lookup: str) -> dict[str, Any]:
    """What `users.csv on user=id` says."""
    path, on = lookup.rsplit(" on ", 1)
    return {"path": path, "on": dict(pair.split("=") for pair in on.split(","))}


def answer(inputs: list[str], flags: dict[str, Any]) -> tuple[windrow.Result | None, list[Any], windrow.Error | None]:
    """What windrow answers, and the reports that were asked for, or the table of each that is viewed."""
    view = flags.pop("view", "windows")
    report, shape, _ = flags.pop("report", None), flags.pop("shape", None), flags.pop("format", None)
    given: Any = inputs
    error = None
    try:
        if shape is not None:
            given = [windrow.Job.read(inputs[0]).change(report=report, shape=shape), *inputs[1:]]
        result = windrow.run(given, rejects=1_000_000, **flags)
    except windrow.Error as raised:
        error = raised
        if raised.result is None:
            return None, [], error
        result = raised.result
    try:
        reports = list(result) if report is None else [result.reports[report]]
        reports = reports if view == "windows" else [getattr(report, view) for report in reports]
    except windrow.Error:
        reports = []
    return result, reports, error


def of_columns(written, expected):
    """The records written, without the columns that a case may leave out: those that are empty throughout."""
    records, named = list(csv.reader(io.StringIO(written))), next(csv.reader(io.StringIO(expected)), [])
    header = records[0] if records else []
    kept = [at for at, name in enumerate(header) if name in named or any(record[at] for record in records[1:])]
    return [[record[at] for at in kept] for record in records]


@pytest.fixture
def within() -> Iterator[Any]:
    """Works in the folder of a case."""
    before = Path.cwd()
    yield os.chdir
    os.chdir(before)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_python_answers_as_expected(case: Path, within: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    within(case)
    caplog.set_level("INFO", "windrow")
    inputs, flags = asked(case)
    expected = (case / "error").read_text().splitlines() if (case / "error").exists() else ["exit 0"]
    exit_code = int(expected[0].removeprefix("exit "))
    if set(flags) - {"view"} and "job.toml" in inputs and not {"report", "shape"} & set(flags):
        with pytest.raises(TypeError, match="would change the answer"):
            answer(inputs, flags)
        assert exit_code == 2
        return
    result, reports, error = answer(inputs, flags)
    texts = []
    try:
        for report in reports:
            report.write(tmp_path / "report.csv")
            texts.append((tmp_path / "report.csv").read_bytes().decode())
    except windrow.LimitError as raised:
        error = raised
    assert (error.exit_code if error else 0) == exit_code, error
    answer_expected = (case / "expect.csv").read_bytes().decode() if (case / "expect.csv").exists() else ""
    assert "\n".join(texts) == answer_expected
    rejects = (case / "rejects.csv").read_bytes().decode() if (case / "rejects.csv").exists() else ""
    if result is not None:
        written = result.rejects.to_csv()
        assert of_columns(written if len(result.rejects) else "", rejects) == list(csv.reader(io.StringIO(rejects)))
    said = [str(error) if error else "", caplog.text, str(result.summary) if result else ""]
    # What names a flag or a command is said in Python's words.
    told = [*expected[1:], *((case / "summary").read_text().splitlines() if (case / "summary").exists() else [])]
    told = [text for text in told if not re.search(r"windrow run|--|^rejected |^in job.toml, ", text)]
    if not (case / "args").exists():
        missing = [text for text in told if not any(text in part for part in said)]
        assert not missing, said


def test_the_cases_are_there() -> None:
    assert len(CASES) > 150
