#!/usr/bin/env python3
"""What ./test has printed as JUnit XML, which CI services show test by test.

  python3 tests/junit.py LOG FOLDER      writes FOLDER/windrow/results.xml
"""

import re
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

SUITE = re.compile(r"\s+(?:Running (?:unittests )?(\S+)|Doc-tests (\S+))")
RUST = re.compile(r"test (.+) \.\.\. (ok|FAILED|ignored)(?:, .*)?$")
# What was printed by a test that failed.
SAID = re.compile(r"---- (.+) stdout ----$")
# `module: what it tests, 1.2 s: ok`, by the tests in Python.
PYTHON = re.compile(r"([a-z]+): (.+), ([0-9.]+) s: (ok|FAILED)$")
# Characters that XML cannot hold.
NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def found(lines):
    """Suites of tests: of each its name, seconds, end, and what it said."""
    suites, name, said = {}, "tests", None
    for line in lines:
        line = line.rstrip("\n")
        if match := SUITE.match(line):
            name, said = match[1] or match[2], None
        elif match := RUST.match(line):
            suites.setdefault(name, {})[match[1]] = [0.0, match[2], ""]
        elif match := PYTHON.match(line):
            said = suites.setdefault(match[1], {}).setdefault(match[2], [float(match[3]), match[4], ""])
        elif match := SAID.match(line):
            said = suites.get(name, {}).get(match[1])
        elif line.startswith(("failures:", "test result:")):
            said = None
        elif said and said[1] == "FAILED":
            said[2] += line + "\n"
    return suites


def written(suites):
    root = xml.Element("testsuites")
    for name, tests in suites.items():
        ends = [end for _, end, _ in tests.values()]
        counts = {"tests": len(ends), "failures": ends.count("FAILED"), "skipped": ends.count("ignored")}
        suite = xml.SubElement(root, "testsuite", name=name, **{key: str(n) for key, n in counts.items()})
        for test, (seconds, end, said) in tests.items():
            case = xml.SubElement(suite, "testcase", classname=name, name=NOT_IN_XML.sub("?", test), time=str(seconds))
            if end == "FAILED":
                xml.SubElement(case, "failure", message="failed").text = NOT_IN_XML.sub("?", said)
            elif end == "ignored":
                xml.SubElement(case, "skipped")
    return xml.ElementTree(root)


def main():
    log, folder = Path(sys.argv[1]), Path(sys.argv[2]) / "windrow"
    folder.mkdir(parents=True, exist_ok=True)
    with log.open(errors="replace") as lines:
        written(found(lines)).write(folder / "results.xml", encoding="utf-8", xml_declaration=True)


if __name__ == "__main__":
    main()
