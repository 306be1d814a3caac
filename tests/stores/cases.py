"""The cases of `cases/`, with their inputs in a store: `crates/windrow-cli/tests/cases` asks them."""

import os
import pathlib
import re
import subprocess

from front import HOST

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# With the packages that ./test builds the program of.
ASK = ["cargo", "test", "--quiet", "-p", "windrow", "-p", "windrow-cli", "--all-features", "--locked", "--test", "cases", "--", "--nocapture", "the_program"]
# Of so many cases one is asked with its ledger in the store, and of other stores than S3 with its inputs there.
EVERY = 7


def the_cases_answer_as_on_a_disk(place):
    """Those whose jobs and arguments name files. `--long` asks all of every store."""
    every = 1 if place.is_long else EVERY
    put_cases(place)
    asked, left_out = ask(place, 1 if place.kind.scheme == "s3" else every)
    assert asked > 20 * left_out, (asked, left_out)
    ledgers, more = ask(place, every, WINDROW_CASE_LEDGER="1")
    print(f"stores: {place.kind.name}: of the cases, {asked} with inputs there, and {ledgers} with ledgers; {left_out + more} left out")


def put_cases(place):
    for path in sorted((ROOT / "cases").glob("*/in/**/*")):
        if path.is_file():
            key = f"cases/{path.relative_to(ROOT / 'cases').as_posix()}"
            place.kind.client.put_object(Bucket=place.bucket, Key=key, Body=path.read_bytes())


def ask(place, every, **more):
    # cargo has the home of who runs this, the program another.
    home = pathlib.Path.home()
    cargo = {"CARGO_HOME": str(home / ".cargo"), "RUSTUP_HOME": str(home / ".rustup")} | dict(os.environ)
    cargo = {name: value for name, value in cargo.items() if name.startswith(("CARGO", "RUSTUP", "PROTOC"))}
    if not place.front.signs:
        # Without the front, which would only take time.
        place.variables = place.kind.environment(f"http://{HOST}:{place.kind.port}")
    environment = place.environment(WINDROW_CASE_STORE=f"{place.url}/cases", WINDROW_CASE_EVERY=str(every), **cargo, **more)
    done = subprocess.run(ASK, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return map(int, re.search(r"cases in a store: (\d+) asked, (\d+) left out", said).groups())
