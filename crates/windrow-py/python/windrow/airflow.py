"""An operator for Apache Airflow 3.

    from windrow.airflow import WindrowRunOperator
    count = WindrowRunOperator(task_id="count", job="/etc/windrow/job.toml", retries=3)

The job keeps a ledger (``[output]`` in its job file), which knows what was counted: a task needs no data interval, and no date
belongs into ``job`` or ``arguments``. docs/schedule.md says more.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from airflow.sdk import Asset, BaseOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from . import _errors
from ._job import Job
from ._result import Summary
from ._scheduled import Run, facts, is_retried

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from airflow.sdk import Context


class WindrowRunOperator(BaseOperator):
    """Runs a job. Its result (XCom) is the summary of the run.

    Exit code 4 (storage or the network failed, or another run was first) fails the try, so that ``retries`` holds. Every other
    one fails the task at once: it asks for a person. Each asset in ``outlets`` gets the facts of the run as the ``extra`` of
    its event. OpenLineage gets inputs, reports and where every row went.

    - ``job``: the job file
    - ``arguments``: more flags of ``windrow run``, such as ``["--wait=10m"]``
    - ``env``: environment variables, beside those of the worker
    - ``skip_unchanged``: a run that has published nothing ends as skipped, and then nothing that waits for its assets starts
    """

    template_fields: Sequence[str] = ("job", "arguments", "env")
    template_fields_renderers = {"arguments": "json", "env": "json"}
    ui_color = "#dcecc9"

    def __init__(
        self,
        *,
        job: str,
        arguments: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        skip_unchanged: bool = False,
        **kwargs: Any,
    ) -> None:
        # Two runs of a job at a time would do the same work, and one of them would lose.
        kwargs.setdefault("max_active_tis_per_dag", 1)
        super().__init__(**kwargs)
        self.job = job
        self.arguments = list(arguments)
        self.env = dict(env or {})
        self.skip_unchanged = skip_unchanged
        self._run: Run | None = None
        self._summary: Summary | None = None

    def execute(self, context: Context) -> dict[str, Any]:
        """Runs the job."""
        self._run = Run(self.job, self.arguments, log=self.log, env=self.env)
        try:
            self._summary = self._run.finish()
        except _errors.Error as error:
            self._summary = error.summary
            said = f"exit code {error.exit_code}: {error}"
            raise (AirflowException if is_retried(error) else AirflowFailException)(said) from error
        if self.skip_unchanged and self._summary["outcome"] == "nothing_new":
            raise AirflowSkipException("nothing was new, and nothing was published")
        for outlet in self.outlets:
            if isinstance(outlet, Asset):
                context["outlet_events"][outlet].extra.update(facts(self._summary))
        return dict(self._summary)

    def on_kill(self) -> None:
        """Stops the run: nothing is published."""
        if self._run is not None:
            self._run.stop()

    def get_openlineage_facets_on_complete(self, _: object) -> OperatorLineage:
        """Inputs and reports, and where every row went."""
        from airflow.providers.openlineage.extractors import OperatorLineage
        from openlineage.client.event_v2 import InputDataset, OutputDataset
        from openlineage.client.facet_v2 import input_statistics_input_dataset as read
        from openlineage.client.facet_v2 import output_statistics_output_dataset as written
        from openlineage.client.facet_v2 import processing_engine_run

        from ._openlineage import RowsFacet

        summary = self._summary
        if summary is None:
            return OperatorLineage()
        job = Job.read(self.job)
        source = tomllib.loads(job.to_toml())["source"]
        inputs = [InputDataset(*_dataset(path, source["root"])) for path in source["path"]]
        if len(inputs) == 1:
            how_much = read.InputStatisticsInputDatasetFacet(summary["rows"]["read"], summary["bytes_read"], summary["files_read"])
            inputs[0].inputFacets["inputStatistics"] = how_much
        rows = {report["report"]: report["rows_changed"] for report in summary["published"]}
        outputs = [
            OutputDataset(
                *_dataset(f"reports/{report}", job.output),
                outputFacets={"outputStatistics": written.OutputStatisticsOutputDatasetFacet(rowCount=rows.get(report))},
            )
            for report in (job.reports if job.output else [])
        ]
        engine = processing_engine_run.ProcessingEngineRunFacet(version=summary["windrow"], name="windrow")
        return OperatorLineage(inputs, outputs, {"windrow_engine": engine, "windrow_rows": RowsFacet.of(summary)})


def _dataset(place: str, root: str | None) -> tuple[str, str]:
    """The namespace and the name that OpenLineage has for a place."""
    parts = urlsplit(place)
    if parts.scheme in ("", "file"):
        return "file", os.fspath(Path(root or ".") / parts.path)
    return f"{parts.scheme}://{parts.netloc}", parts.path.lstrip("/")
