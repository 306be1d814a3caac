#!/usr/bin/env python3
"""Walks .circleci/config.yml and executes its `run:` steps as CircleCI does: job by job, by bash, in a copy of the checkout.

  python tests/deploy/circleci.py             what takes no hour: of ./test only that it knows its steps
  python tests/deploy/circleci.py --whole     ./test whole, as on CircleCI

What it does not execute it lists, with the reason. Docker is a stand-in that writes down what it is asked for.
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
CONTEXTS = {"windrow-registry": {"REGISTRY": "registry.example.org", "REGISTRY_USER": "me", "REGISTRY_PASSWORD": SECRET}}
DOCKER = """#!/bin/sh
echo "docker $*" >>"$WALK_DOCKER"
[ "$1" != login ] || cat >>"$WALK_DOCKER"
"""
ELSEWHERE = {
    "restore_cache": "the caches of this machine are there",
    "save_cache": "the caches of this machine are kept",
    "store_test_results": "CircleCI shows them",
    "store_artifacts": "CircleCI keeps them",
}
# Commands that are not executed here, and why.
LONG = {}


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
    return {**os.environ, **own, "CI": "true", "CIRCLE_SHA1": COMMIT, "PATH": path, "WALK_DOCKER": str(folder / "docker")}


def why_not(command, whole):
    """Why a command is not executed; or nothing."""
    program = shlex.split(command)[0]
    if program in LONG and not whole:
        return LONG[program]
    if program == ".ci/install" and os.geteuid() != 0:
        return "installs packages, for which one has to be root"
    return None


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
            if reason := why_not(command, whole):
                left.append((f"{name}: {command}", reason))
                continue
            asked = command if whole else re.sub(r"^\./test\b", "./test --plan", command)
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


def copy_of_the_checkout(folder):
    names = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, names.decode().split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


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
        (folder / "bin" / "docker").write_text(DOCKER)
        (folder / "bin" / "docker").chmod(0o755)
        checkout = folder / "checkout"
        copy_of_the_checkout(checkout)
        text = (checkout / FILE).read_text()
        done, left = walk(text, checkout, folder, whole)
        for command, seconds, code, said in done:
            told(f"{command}, {seconds:.1f} s", code == 0, said)
        docker = (folder / "docker").read_text() if (folder / "docker").exists() else ""
        told("images are pushed under the version and the commit, 0.0 s", docker and pushed(docker), docker)
        # A step that fails is seen.
        broken, _ = walk(text.replace("./test spark", "./test sparc"), checkout, folder, False)
        told("a step that there is not is seen, 0.0 s", [code for *_, code, _ in broken].count(2) == 1)
        for step, reason in left:
            print(f"circleci: not executed: {step}: {reason}")
    print(f"circleci: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
