#!/usr/bin/env python3
"""Checks the files by which others run windrow, offline: CI, Dockerfile, compose, systemd, Kubernetes, Spark clusters, and shell scripts.

  python tests/deploy/files.py FOLDER      FOLDER has the programs of requirements.txt
"""

import re
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as xml
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTED, RELEASED = (".github/workflows/ci.yml", ".github/workflows/release.yml")
WORKFLOWS = (TESTED, RELEASED)
# The program of a unit has to be there, which another one stands in for.
VERIFIED = """
command -v systemd-analyze >/dev/null || exit 0
folder=$(mktemp -d) && trap 'rm -r "$folder"' EXIT
for unit; do sed 's,/usr/local/bin/windrow,/bin/true,' "$unit" >"$folder/${unit##*/}"; done
systemd-analyze verify "$folder"/*
"""
CLUSTER = "schedulers and clusters do what they should"
TESTS = (f"tests/{name}.sh" for name in ("tools", "python/install", "python/package", "python/wheel", "python/wheels", "schedulers/all"))
SCRIPTS = ("test", ".ci/run", ".ci/install", "docker/push", "release/build", "release/upload", "deploy/spark/standalone", "deploy/spark/yarn", *TESTS)


def commands(tools):
    """What is checked, and how."""
    tool = lambda name: str(tools / name)
    schema = lambda name, *files: (tool("check-jsonschema"), "--builtin-schema", f"vendor.{name}", *files)
    units = ("sh", *sorted(str(file.relative_to(ROOT)) for file in ROOT.glob("deploy/systemd/*.*")))
    # What the operator reads is checked by cluster.py.
    manifests = sorted(str(file.relative_to(ROOT)) for file in ROOT.glob("deploy/*/*.yaml") if file.name != "operator.yaml")
    return {
        "the CircleCI config has its shape": schema("circle-ci", ".circleci/config.yml"),
        "the workflows have their shape": schema("github-workflows", *WORKFLOWS),
        "the workflows hold together": (tool("actionlint"), *WORKFLOWS),
        "the workflows are pinned and safe": (tool("zizmor"), "--offline", "--quiet", *WORKFLOWS),
        "the compose file has its shape": schema("compose-spec", "compose.yaml"),
        "the Dockerfile is clean": (tool("hadolint"), "Dockerfile"),
        "scripts are clean": (tool("shellcheck"), "--severity", "warning", *SCRIPTS),
        "manifests are those of Kubernetes": (tool("kubernetes-validate"), "--strict", *manifests),
        CLUSTER: (tool("python"), str(ROOT / "tests" / "deploy" / "cluster.py")),
        "units are those of systemd": ("sh", "-c", VERIFIED, *units),
    }


def run(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    # A check that fails without a word fails too.
    return (done.stdout + done.stderr).strip() or f"exit code {done.returncode}" if done.returncode else ""


def steps_of_test():
    """The names after `steps=` in ./test."""
    return set(re.search(r'^steps="(.*)"$', (ROOT / "test").read_text(), re.MULTILINE)[1].split())


def steps_in(file):
    """The steps of ./test that a CI file runs."""
    text = (ROOT / file).read_text()
    lines = re.findall(r"(?:\./test |steps: )([a-z ]+?)[}\n]", text)
    return {step for line in lines for step in line.split()}


def breaks():
    """Faults that the checks must see: a file, a part of it, what is put there, and the check."""
    return [
        (".circleci/config.yml", "no_output_timeout", "no_output_timeut", "the CircleCI config has its shape"),
        (TESTED, "matrix.steps", "matrix.stepz", "the workflows hold together"),
        (TESTED, "persist-credentials: false", "fetch-depth: 1", "the workflows are pinned and safe"),
        (RELEASED, "needs: release", "needs: releases", "the workflows hold together"),
        (RELEASED, '"$GITHUB_RUN_ID"', "${{ github.head_ref }}", "the workflows are pinned and safe"),
        ("compose.yaml", "healthcheck:", "healthchek:", "the compose file has its shape"),
        ("Dockerfile", "USER 1000:0", "USER root", "the Dockerfile is clean"),
        ("deploy/kubernetes/cronjob.yaml", "podFailurePolicy", "podFailurPolicy", "manifests are those of Kubernetes"),
        ("deploy/spark/kubernetes.yaml", "startupProbe", "startUpProbe", "manifests are those of Kubernetes"),
        ("deploy/spark/kubernetes.yaml", "- name: spark-kubernetes-executor", "- nam: spark-kubernetes-executor", CLUSTER),
        ("deploy/spark/operator.yaml", "restartPolicy: Always", "restartPolicy: Allways", CLUSTER),
        ("deploy/spark/spark-defaults.conf", "60s", "90s", CLUSTER),
        ("deploy/spark/windrow.yaml", "values: [4]", "values: [3, 4]", CLUSTER),
        ("deploy/systemd/windrow.service", "ExitStatus=1 2 3", "ExitStatus=1 2", CLUSTER),
        ("deploy/systemd/windrow.timer", "OnCalendar=*:0/10", "OnCalendar=*:0/99", "units are those of systemd"),
    ]


def results():
    """Whether results of tests that were printed become JUnit XML."""
    said = """     Running tests/cases.rs (target/debug/deps/cases-1)
test one ... ok
test two ... FAILED
test three ... ignored, slow
---- two stdout ----
left: 1
failures:
test result: FAILED. 1 passed; 1 failed; 1 ignored
cluster: a worker dies, 3.5 s: ok
"""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "log").write_text(said)
        subprocess.run([sys.executable, ROOT / "tests" / "junit.py", Path(folder) / "log", folder], check=True)
        root = xml.parse(Path(folder) / "windrow" / "results.xml").getroot()
    counts = [(suite.get("name"), suite.get("tests"), suite.get("failures"), suite.get("skipped")) for suite in root]
    return counts == [("tests/cases.rs", "3", "1", "1"), ("cluster", "1", "0", "0")] and root.find(".//failure").text == "left: 1\n"


def main():
    tools = Path(sys.argv[1]).resolve()
    passed, failed = 0, []
    for name, command in commands(tools).items():
        began = time.monotonic()
        said = run(command, ROOT)
        print(f"deploy: {name}, {time.monotonic() - began:.1f} s: {'FAILED' if said else 'ok'}")
        passed += not said
        failed += [f"{name}:\n{said}"] if said else []
    for file in (".circleci/config.yml", TESTED):
        if missing := steps_of_test() ^ steps_in(file):
            failed.append(f"{file} and ./test have other steps: {', '.join(sorted(missing))}")
    passed += results()
    failed += [] if results() else ["results of tests are not those in the JUnit XML"]
    # Each check fails where it should.
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        names = (".circleci", ".github", "deploy", "docker", "compose.yaml", "Dockerfile")
        for file, part, fault, name in breaks():
            shutil.rmtree(copy, ignore_errors=True)
            for one in names:
                (shutil.copytree if (ROOT / one).is_dir() else shutil.copyfile)(ROOT / one, _made(copy) / one)
            text = (copy / file).read_text()
            assert part in text, f"{file} has no {part}"
            (copy / file).write_text(text.replace(part, fault))
            # Where there is no systemd, its units are not checked.
            if run(commands(tools)[name], copy) or file.startswith("deploy/systemd") and not shutil.which("systemd-analyze"):
                passed += 1
            else:
                failed.append(f"{fault} in {file} is not seen")
    print("\n".join(failed))
    print(f"deploy: {passed} passed, {len(failed)} failed")
    return 1 if failed else 0


def _made(folder):
    folder.mkdir(exist_ok=True)
    return folder


if __name__ == "__main__":
    sys.exit(main())
