"""windrow: one row per window. Event logs in, counts per window of time out, every row accounted for.

    import windrow
    r = windrow.run("logs/*.csv.gz", every="10m", keys="action", values=["Open", "Close"])
    r                       # in a terminal or a notebook: the answer
    r.windows, r.top, r.peaks, r.rejects, r.files, r.summary
    r.to_pandas(), r.to_polars(), r.to_arrow(), r.plot()

``help(windrow.run)`` has every keyword.
"""

from ._api import Check, backup, check, digest, generate, restore, run
from ._behind import Comparison, Plan, Why, changes, compare, plan, show, why
from ._errors import BugError, DataRefused, Error, JobError, LimitError, Location, StateError, StorageError
from ._job import Job
from ._native import __version__
from ._progress import Progress
from ._question import Question, Recipe
from ._result import Picture, Report, Result, Summary
from ._table import Table

__all__ = [
    "BugError",
    "Check",
    "Comparison",
    "DataRefused",
    "Error",
    "Job",
    "JobError",
    "LimitError",
    "Location",
    "Picture",
    "Plan",
    "Progress",
    "Question",
    "Recipe",
    "Report",
    "Result",
    "StateError",
    "StorageError",
    "Summary",
    "Table",
    "Why",
    "__version__",
    "backup",
    "changes",
    "check",
    "compare",
    "digest",
    "generate",
    "plan",
    "restore",
    "run",
    "show",
    "why",
]
