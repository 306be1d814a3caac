#!/usr/bin/env python3
"""Checks of deploy/ what no schema says: that only exit code 4 is tried again, that all kinds of Spark clusters have the same settings,
and that what the Spark operator and Spark itself read, which Kubernetes has no schema for, has its shape.

  python tests/deploy/cluster.py      in the checkout, or a copy of its folder `deploy`
"""

import json
import re
import sys
import tomllib
from pathlib import Path

import jsonschema
import kubernetes_validate
import yaml

# What a run may end with: docs/cli.md.
CODES = {1, 2, 3, 4, 5, 6}
TEXT, COUNT = {"type": "string"}, {"type": "integer"}


def shape(required=(), **properties):
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


POD = shape(podTemplateSpec={"type": "object"})
# The fields of the operator's SparkApplication, v1, as its CustomResourceDefinition of August 2026 has them; pods are checked as pods.
APPLICATION = shape(
    ["apiVersion", "kind", "metadata", "spec"],
    apiVersion={"const": "spark.apache.org/v1"},
    kind={"const": "SparkApplication"},
    metadata=shape(["name"], name=TEXT, namespace=TEXT, labels={"type": "object"}),
    spec=shape(
        ["runtimeVersions"],
        mainClass=TEXT,
        jars=TEXT,
        driverArgs={"type": "array", "items": TEXT},
        runtimeVersions=shape(["sparkVersion"], sparkVersion=TEXT, scalaVersion=TEXT, jdkVersion=TEXT),
        # Kubernetes takes no number and no `true` for a text.
        sparkConf={"type": "object", "additionalProperties": TEXT},
        driverSpec=POD,
        executorSpec=POD,
        applicationTolerations=shape(
            restartConfig=shape(
                restartPolicy={"enum": ["Always", "Never", "OnFailure", "OnInfrastructureFailure"]},
                maxRestartAttempts=COUNT,
                restartBackoffMillis=COUNT,
                restartCounterResetMillis=COUNT,
            ),
            resourceRetainPolicy={"enum": ["Always", "Never", "OnFailure"]},
            resourceRetainDurationMillis=COUNT,
            ttlAfterStopMillis=COUNT,
        ),
    ),
)


def documents(file):
    return list(yaml.safe_load_all(Path(file).read_text()))


def kubernetes(document):
    kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)


def pod(template):
    """A pod of a template, in which Spark fills in the images of its own containers."""
    containers = [{"image": "spark", **container} for container in template["spec"]["containers"]]
    kubernetes({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod", **template.get("metadata", {})}, "spec": {**template["spec"], "containers": containers}})


def the_operator_gets_what_it_knows():
    application, *others = documents("deploy/spark/operator.yaml")
    jsonschema.validate(application, APPLICATION)
    pod(application["spec"]["driverSpec"]["podTemplateSpec"])
    pod(application["spec"]["executorSpec"]["podTemplateSpec"])
    for other in others:
        kubernetes(other)


def spark_gets_a_pod_for_its_executors():
    [template] = [one["data"]["executor.yaml"] for one in documents("deploy/spark/kubernetes.yaml") if "executor.yaml" in one.get("data", {})]
    pod(yaml.safe_load(template))


def settings(text):
    return dict(line.split(maxsplit=1) for line in text.splitlines() if line.strip() and not line.startswith("#"))


def all_clusters_have_the_same_settings():
    wanted = settings(Path("deploy/spark/spark-defaults.conf").read_text())
    [mapped] = [one["data"]["spark-defaults.conf"] for one in documents("deploy/spark/kubernetes.yaml") if "spark-defaults.conf" in one.get("data", {})]
    application = documents("deploy/spark/operator.yaml")[0]["spec"]["sparkConf"]
    # A driver in a pod that is there already gets its cores from that pod.
    for where, has, but in (("kubernetes.yaml", settings(mapped), {"spark.driver.cores"}), ("operator.yaml", application, set())):
        for name, value in wanted.items():
            assert name in but or has.get(name) == value, f"deploy/spark/{where}: {name} is {has.get(name)}, not {value}"


def only_exit_code_4_is_tried_again():
    jobs = [one for file in Path("deploy").glob("*/*.yaml") for one in documents(file) if one["kind"] == "CronJob"]
    assert len(jobs) == 2, jobs
    for job in jobs:
        spec = job["spec"]["jobTemplate"]["spec"]
        [codes] = [rule["onExitCodes"] for rule in spec["podFailurePolicy"]["rules"] if "onExitCodes" in rule and rule["action"] == "FailJob"]
        names = {container["name"] for container in spec["template"]["spec"]["containers"]}
        assert (codes["operator"], codes["values"]) == ("NotIn", [4]) and codes["containerName"] in names, codes
        assert job["spec"]["concurrencyPolicy"] == "Forbid" and spec["template"]["spec"]["restartPolicy"] == "Never"
    unit = Path("deploy/systemd/windrow.service").read_text()
    kept = re.search(r"^RestartPreventExitStatus=(.*)$", unit, re.MULTILINE)[1].split()
    assert {int(code) for code in kept if code.isdigit()} == CODES - {4}, kept


def jobs_are_jobs_and_lie_on_volumes_that_are_there():
    schema = json.loads((Path(__file__).resolve().parents[2] / "docs" / "job.schema.json").read_text())
    [text] = [one["data"]["job.toml"] for one in documents("deploy/kubernetes/cronjob.yaml") if "job.toml" in one.get("data", {})]
    job = tomllib.loads(text)
    jsonschema.validate(job, schema)
    for file in ("deploy/kubernetes/cronjob.yaml", "deploy/spark/windrow.yaml", "deploy/spark/kubernetes.yaml"):
        for one in documents(file):
            spec = one.get("spec", {})
            spec = spec.get("jobTemplate", {}).get("spec", spec).get("template", {}).get("spec")
            for container in spec["containers"] if spec else ():
                mounts = {mount["name"]: mount for mount in container["volumeMounts"]}
                assert set(mounts) <= {volume["name"] for volume in spec["volumes"]}, f"{file}: {sorted(mounts)}"
                if container["name"] == "windrow":
                    writable = [mount["mountPath"] for mount in mounts.values() if not mount.get("readOnly")]
                    assert any(job["output"]["path"].startswith(path + "/") for path in writable), (file, writable)
                    assert any(job["source"]["path"].startswith(mount["mountPath"]) for mount in mounts.values()), file
                    assert f"{mounts['job']['mountPath']}/job.toml" in container["args"], file


if __name__ == "__main__":
    failed = 0
    for name, check in list(globals().items()):
        if callable(check) and "_" in name and check.__module__ == "__main__":
            try:
                check()
            except Exception as error:  # noqa: BLE001 - whatever a check ends with, the others run
                failed = 1
                print(f"{name.replace('_', ' ')}: {str(error).strip()}")
    sys.exit(failed)
