"""Mutants: cargo-mutants changes the pure modules of the library, one small change at a time, and a test must fail.

    tests/mutants.py [PART...]        files whose name has the part; all of them take some minutes. `./test --long` runs them

A mutant that no test kills shows a missing test, or it has no effect. Mutants without effect are listed in mutants.txt with the
reason. It is an error if a mutant survives that is not listed, or if a listed one is killed.

The modules are compiled as a library of their own, so that a mutant takes seconds. They only need modules of lower layers.
"""

import collections
import os
import pathlib
import shutil
import subprocess
import sys

from planted import CACHE, copy_sources

HERE = pathlib.Path(__file__).resolve().parent
LISTED = HERE / "mutants.txt"
SOURCES = "crates/windrow/src"
# The modules that are compiled, from the lowest layer up. They need no files, no threads and no other modules.
PURE = ["error", "clock", "text", "calendar", "reject", "tally", "measure", "event", "window", "pane"]
# The files that are changed; the tests of their modules must notice it.
CHANGED = [
    "text/variable.rs", "text/percent.rs", "text/shell.rs", "text/number.rs", "text/width.rs", "calendar/civil.rs", "calendar/step.rs", "calendar/label.rs",
    "calendar/zone.rs", "tally.rs", "window/ruler.rs", "window/touched.rs", "measure/bytes.rs", "pane.rs", "text/suggest.rs",
    "reject.rs", "measure/moments.rs", "measure/number.rs", "event/clean.rs", "event/common_log.rs", "event/mod.rs", "event/pattern.rs",
    "event/shape.rs", "event/time.rs", "measure/state.rs",
]  # fmt: skip
FACE = "pub use error::{Error, Kind, Result};\npub use reject::{Place, RAW_BYTES_MAX, Reason, Reject};\npub use tally::Tally;\n"


def listed():
    """The listed mutants, with the number of times that each is listed."""
    survivors, without = collections.Counter(), None
    for line in LISTED.read_text().splitlines():
        if line.startswith(" "):
            without = None
        elif line and not line.startswith("#"):
            if without:
                break
            survivors[line], without = survivors[line] + 1, line
    if without:
        sys.exit(f"{LISTED.name}: no reason is given for: {without}")
    return survivors


def placeless(name):
    """The name of a mutant without its line and column, which change with every edit above it."""
    file, _, _, change = name.split(":", 3)
    return f"{file.removeprefix(SOURCES + '/')}: {change.strip()}"


def survivors_of(file, copy):
    """The mutants of a file that survive, and the number of all its mutants."""
    module = file.removesuffix(".rs").split("/")[0]
    out = CACHE / "survivors" / file
    environment = {
        **os.environ,
        "CARGO_TARGET_DIR": str(CACHE / "target"),
        # The tests take longer than the compiler: a little optimisation makes each mutant several times faster.
        "CARGO_PROFILE_DEV_OPT_LEVEL": "1",
        "CARGO_PROFILE_DEV_DEBUG": "0",
        # Makes proptest try the same values every time.
        "PROPTEST_RNG_SEED": "1",
        "PROPTEST_FAILURE_PERSISTENCE": "off",
    }
    out.mkdir(parents=True, exist_ok=True)
    command = [
        CACHE.parent / "tools" / "bin" / "cargo-mutants", "mutants", "--in-place", "--no-shuffle", "--package", "windrow", "--file", f"{SOURCES}/{file}", "--output", out,
        "--timeout", "30", "--", "--lib", f"{module}::",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=copy, env=environment, check=False)
    lines = {kind: (out / "mutants.out" / f"{kind}.txt").read_text().splitlines() for kind in ["missed", "caught", "timeout"]}
    # 2: mutants were missed; 3: mutants timed out. Other codes mean that the tests did not run.
    if done.returncode not in (0, 2, 3) or not any(lines.values()):
        sys.exit(f"{file}: cargo mutants ended with {done.returncode}")
    return [placeless(name) for name in lines["missed"]], sum(map(len, lines.values()))


def main():
    parts = sys.argv[1:]
    wanted = [file for file in CHANGED if not parts or any(part in file for part in parts)]
    if not wanted:
        sys.exit(f"no such file; there are {', '.join(CHANGED)}")
    known = listed()
    copy = copy_sources("mutants")
    modules = "".join(f"pub mod {module};\n" for module in PURE)
    for other in ["tests", "examples"]:
        shutil.rmtree(copy / SOURCES / ".." / other)
    (copy / SOURCES / "lib.rs").write_text(f"#![allow(dead_code, unused_imports)]\n{modules}{FACE}")
    passed = failed = 0
    for file in wanted:
        missed, count = survivors_of(file, copy)
        here = collections.Counter({name: times for name, times in known.items() if name.startswith(f"{file}:")})
        found = collections.Counter(missed)
        for name in (found - here).elements():
            print(f"survives, and is not in {LISTED.name}: {name}")
        for name in (here - found).elements():
            print(f"is in {LISTED.name}, and is killed or gone: {name}")
        wrong = (found - here).total()
        passed, failed = passed + count - wrong, failed + wrong + (here - found).total()
        print(f"{file}: {count} mutants, {len(missed)} survive")
    print(f"mutants: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
