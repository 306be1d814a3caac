"""An asset for Dagster.

    import dagster
    from windrow.dagster import windrow_asset
    definitions = dagster.Definitions(assets=[windrow_asset("/etc/windrow/job.toml")])

A job keeps a ledger (``[output]`` in its job file), which knows what was counted: the asset needs no partitions. docs/schedule.md
says more.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import dagster

from . import _errors
from ._job import Job
from ._result import Summary
from ._scheduled import Run, facts, is_retried


def windrow_asset(
    job: str | os.PathLike[str],
    *,
    name: str | None = None,
    arguments: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
    rejects: float = 0.01,
    retries: int = 3,
    retry_wait_s: float = 60,
    **options: Any,
) -> dagster.AssetsDefinition:
    """The published reports of a job, as an asset that a run of the job makes.

    Exit code 4 (storage or the network failed, or another run was first) is tried again, ``retries`` times; every other one fails
    the run at once: it asks for a person. A run that refuses files and publishes the others makes the asset, and then fails.

    - ``name``: that of the asset, else the job's, with ``_`` for what Dagster does not take
    - ``arguments``: more flags of ``windrow run``; ``env``: environment variables, beside those of the process
    - ``rejects``: the share of rejected rows above which the check ``rejects_within_limit`` fails
    - ``options``: other keywords of ``dagster.asset``
    """
    read = Job.read(job)
    made = name or re.sub(r"\W", "_", read.name)
    prefix = options.pop("key_prefix", ())
    key = dagster.AssetKey([*([prefix] if isinstance(prefix, str) else prefix), made])
    pool = options.pop("pool", f"windrow_{made}")
    options.setdefault("kinds", {"windrow", "deltalake"})
    options.setdefault("description", f"Reports {', '.join(read.reports)} of the job {read.name}")

    specs = [
        dagster.AssetCheckSpec("rows_add_up", asset=key, description="Every row that was read is accounted for"),
        dagster.AssetCheckSpec("no_file_refused", asset=key, description="Every input file counts"),
        dagster.AssetCheckSpec(
            "rejects_within_limit", asset=key, description=f"At most {rejects:.3%} of the rows that were read were rejected"
        ),
    ]

    @dagster.asset(key=key, check_specs=specs, pool=pool, **options)
    def asset(context: dagster.AssetExecutionContext) -> Iterator[Any]:
        try:
            summary = Run(job, arguments, log=context.log, env=env).finish()
        except _errors.Error as error:
            if is_retried(error):
                context.log.warning("%s", error)
                raise dagster.RetryRequested(max_retries=retries, seconds_to_wait=retry_wait_s) from error
            if error.summary is not None and error.summary["published"]:
                yield _result(error.summary, read, rejects)
            metadata = {"exit_code": error.exit_code, "code": error.code, "help": error.help or ""}
            raise dagster.Failure(error.message, metadata=metadata, allow_retries=False) from error
        yield _result(summary, read, rejects)

    return asset


def _result(summary: Summary, job: Job, most: float) -> dagster.MaterializeResult[Any]:
    """What Dagster is told of a run."""
    rows = summary["rows"]
    rest = sum(rows[name] for name in ("counted", "filtered", "rejected", "ignored"))
    share = rows["rejected"] / rows["read"] if rows["read"] else 0.0
    refused = [f"{file['file']}: {file['message']}" for file in summary["files_refused"]]
    return dagster.MaterializeResult(
        metadata=_metadata(summary, job),
        data_version=dagster.DataVersion(str(summary["ledger_version"] or summary["run"])),
        check_results=[
            dagster.AssetCheckResult(check_name="rows_add_up", passed=rows["read"] == rest, metadata={"rows": rows}),
            dagster.AssetCheckResult(check_name="no_file_refused", passed=not refused, metadata={"files": refused}),
            dagster.AssetCheckResult(
                check_name="rejects_within_limit",
                passed=share <= most,
                severity=dagster.AssetCheckSeverity.WARN,
                metadata={"share": share, "rejected": rows["rejected"], "by_reason": rows["rejected_by_reason"]},
            ),
        ],
    )


def _metadata(summary: Summary, job: Job) -> dict[str, Any]:
    known: dict[str, Any] = {f"windrow/{name}": value for name, value in facts(summary).items() if value is not None}
    for name in ("windrow/first_event", "windrow/last_event"):
        if name in known:
            known[name] = dagster.MetadataValue.timestamp(datetime.fromisoformat(known[name]))
    if job.output is not None:
        known["windrow/output"] = dagster.MetadataValue.path(job.output)
    return known
