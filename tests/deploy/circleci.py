#!/usr/bin/env python3
"""Walks .circleci/config.yml and executes its `run:` steps as CircleCI does: job by job, by bash, in a copy of the checkout.

  python tests/deploy/circleci.py             what takes no hour: of ./test only that it knows its steps, of a release its light parts
  python tests/deploy/circleci.py --whole     both whole, as on CircleCI

What it does not execute it lists, with the reason. Docker, and the programs that upload, are stand-ins that write down what they are asked for.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
FILE = ".circleci/config.yml"
COMMIT, SECRET = "0123456789abcdef0123456789abcdef01234567", "a secret"
# The contexts of CircleCI have the secrets of jobs.
CONTEXTS = {
    "windrow-registry": {"REGISTRY": "registry.example.org", "REGISTRY_USER": "me", "REGISTRY_PASSWORD": SECRET},
    "windrow-release": {"TWINE_USERNAME": "me", "TWINE_PASSWORD": SECRET, "GH_TOKEN": SECRET},
}
STAND_IN = """#!/bin/sh
echo "${0##*/} $*" >>"$WALK_ASKED"
[ "$1" != login ] || cat >>"$WALK_ASKED"
"""
STAND_INS = ("docker", "gh", "twine")
ELSEWHERE = {
    "restore_cache": "the caches of this machine are there",
    "save_cache": "the caches of this machine are kept",
    "store_test_results": "CircleCI shows them",
    "store_artifacts": "CircleCI keeps them",
    "persist_to_workspace": "all jobs have one checkout here",
    "attach_workspace": "all jobs have one checkout here",
}
# What takes no hour of a command that takes one.
SHORT = {r"^\./test\b": "./test --plan", r"tests/release\.py --long\b": "tests/release.py"}


def flat(steps, commands):
    """The steps of a job, with those of its commands in their places, as (kind, what)."""
    for step in steps:
        if isinstance(step, str) and step in commands:
            yield from flat(commands[step]["steps"], commands)
        elif isinstance(step, str):
            yield step, {}
        else:
            ((kind, what),) = step.items()
            yield kind, {"command": what} if isinstance(what, str) else what


def jobs(config):
    """The jobs in the order of the workflows, as (name, job, context). Those that the file has no job for are approvals."""
    for workflow in config["workflows"].values():
        done = set()
        waiting = [next(iter(one.items())) if isinstance(one, dict) else (one, {}) for one in workflow["jobs"]]
        while waiting:
            ready = [(name, rule) for name, rule in waiting if set(rule.get("requires", [])) <= done]
            assert ready, f"jobs wait for each other, or for one that there is not: {[name for name, _ in waiting]}"
            for name, rule in ready:
                job = None if rule.get("type") == "approval" else config["jobs"][name]
                yield name, job, rule.get("context")
            done |= {name for name, _ in ready}
            waiting = [one for one in waiting if one not in ready]


def environment(config, job, context, folder):
    """The variables that a job's steps find."""
    own = {**config["executors"][job["executor"]].get("environment", {}), **job.get("environment", {}), **(CONTEXTS[context] if context else {})}
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    return {**os.environ, **own, "CI": "true", "CIRCLE_SHA1": COMMIT, "PATH": path, "WALK_ASKED": str(folder / "asked")}


def why_not(command):
    """Why a command is not executed; or nothing."""
    if shlex.split(command)[0] == ".ci/install" and os.geteuid() != 0:
        return "installs packages, for which one has to be root"
    return None


def shortened(command):
    for long, short in SHORT.items():
        command = re.sub(long, short, command)
    return command


def walk(text, checkout, folder, whole):
    """Executes the steps of a config. Returns what was done (command, seconds, exit code, what it said) and what was not (step, why)."""
    config, done, left = yaml.safe_load(text), [], []
    for name, job, context in jobs(config):
        if job is None:
            left.append((f"{name}: approval", "a person does it"))
            continue
        variables = environment(config, job, context, folder)
        for kind, what in flat(job["steps"], config.get("commands", {})):
            if kind == "checkout":
                continue
            if kind != "run":
                left.append((f"{name}: {kind}", ELSEWHERE[kind]))
                continue
            command = what["command"].strip()
            if reason := why_not(command):
                left.append((f"{name}: {command}", reason))
                continue
            asked = command if whole else shortened(command)
            began = time.monotonic()
            end = subprocess.run(["bash", "-eo", "pipefail", "-c", asked], cwd=checkout, env=variables, capture_output=not whole, text=True, stdin=subprocess.DEVNULL, check=False)
            done.append((f"{name}: {asked}", time.monotonic() - began, end.returncode, f"{end.stdout}{end.stderr}"))
    return done, left


def pushed(text):
    """What Docker was asked for, in order: a login whose password comes by stdin, and both images, built and pushed under two tags."""
    version = re.search(r'^version = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)[1]
    lines = text.splitlines()
    tags = [f"registry.example.org/windrow-{target}:{tag}" for target in ("cli", "lab") for tag in (version, COMMIT)]
    return (
        lines[0] == "docker login registry.example.org --username me --password-stdin"
        and lines[1].startswith(SECRET)
        and [line.removeprefix("docker push ") for line in lines if line.startswith("docker push ")] == tags
        and sum("docker build " in line for line in lines) == 2
        and text.count(SECRET) == 1
    )


def uploaded(text, dist):
    """Whether the wheels went to their registry, and all files that were built to a release under the tag of the version."""
    twine, gh = ([line.split() for line in text.splitlines() if line.startswith(name)] for name in ("twine ", "gh "))
    files = {Path(word).name for line in twine + gh for word in line if word.startswith(str(dist))}
    return [line[1] for line in twine + gh] == ["upload", "release"] and files == {file.name for file in dist.iterdir()}


def copy_of_the_checkout(folder):
    names = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, names.decode().split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    # A release has a date.
    changes = folder / "CHANGELOG.md"
    changes.write_text(changes.read_text().replace("(unreleased)", "(2026-12-01)", 1))


def main():
    whole = "--whole" in sys.argv[1:]
    passed = failed = 0

    def told(what, is_so, said=""):
        nonlocal passed, failed
        passed, failed = passed + bool(is_so), failed + (not is_so)
        print(f"circleci: {what}: {'ok' if is_so else 'FAILED'}{'' if is_so else chr(10) + said}", flush=True)

    with tempfile.TemporaryDirectory(prefix="windrow-circleci-") as temporary:
        folder = Path(temporary)
        (folder / "bin").mkdir()
        for name in STAND_INS:
            (folder / "bin" / name).write_text(STAND_IN)
            (folder / "bin" / name).chmod(0o755)
        checkout = folder / "checkout"
        copy_of_the_checkout(checkout)
        text = (checkout / FILE).read_text()
        done, left = walk(text, checkout, folder, whole)
        for command, seconds, code, said in done:
            told(f"{command}, {seconds:.1f} s", code == 0, said)
        asked = (folder / "asked").read_text() if (folder / "asked").exists() else ""
        told("images are pushed under the version and the commit, 0.0 s", asked and pushed(asked), asked)
        told("what was built for a release is uploaded, 0.0 s", (checkout / "dist").exists() and uploaded(asked, checkout / "dist"), asked)
        # A step that fails is seen.
        broken, _ = walk(text.replace("./test spark", "./test sparc"), checkout, folder, False)
        told("a step that there is not is seen, 0.0 s", [code for *_, code, _ in broken].count(2) == 1)
        for step, reason in left:
            print(f"circleci: not executed: {step}: {reason}")
    print(f"circleci: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
