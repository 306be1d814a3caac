"""What OpenLineage has no facet for. Imported only where its client is."""

from __future__ import annotations

import attr
from openlineage.client.facet_v2 import RunFacet

from ._result import Summary


@attr.define
class RowsFacet(RunFacet):
    """Where every row of a run went: ``read = counted + filtered + rejected + ignored + refused``."""

    run: str
    """The run's id in windrow's own tables."""
    ledgerVersion: int | None
    """The version of the ledger that it left."""
    read: int
    counted: int
    filtered: int
    rejected: int
    ignored: int
    refused: int

    @classmethod
    def of(cls, summary: Summary) -> RowsFacet:
        """That of a run."""
        names = ("read", "counted", "filtered", "rejected", "ignored", "refused")
        return cls(summary["run"], summary["ledger_version"], *(summary["rows"][name] for name in names))

    @staticmethod
    def _get_schema() -> str:
        return "https://github.com/windrow/windrow/blob/main/docs/schedule.md#openlineage"
