"""What the tests of the package have in common."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """Three events and a row that is none."""
    path = tmp_path / "events.csv"
    path.write_text(
        "time,action\n"
        "2024-01-31T09:05:00Z,Open\n"
        "2024-01-31T09:20:00Z,Open\n"
        "yesterday,Open\n"
        "2024-01-31T11:00:00Z,Close\n"
    )
    # Long enough ago to be known again by a ledger.
    os.utime(path, (0, 0))
    return path


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log that takes seconds to count, in a build that is not optimised."""
    path = tmp_path_factory.mktemp("large") / "events.csv"
    line = "2024-01-{:02}T{:02}:{:02}:{:02}.123Z,{}\n"
    chance = random.Random(1)
    block = "".join(
        line.format(1 + i % 28, i % 24, i % 60, i % 59, chance.choice(["Open", "Close"])) for i in range(100_000)
    )
    with path.open("w") as file:
        file.write("time,action\n")
        for _ in range(100):
            file.write(block)
    return path
