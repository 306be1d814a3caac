#!/usr/bin/env python3
"""Runs notebooks from top to bottom. With --write their outputs are kept in them; without it they stay as they are.

    python tests/python/notebooks.py [--write] [NAME...]

Without names these are all notebooks but those that need Spark, which run on the cluster of tests/spark/cluster.py:

    python tests/spark/cluster.py -- python tests/python/notebooks.py from-pyspark
"""

import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NEED_SPARK = ("from-pyspark",)


def shown(cell):
    """What kinds of output a cell has."""
    return [sorted(output.get("data", {output.output_type: None})) for output in cell.get("outputs", [])]


def without_noise(cell):
    """Takes away what differs from machine to machine: what a bar of progress has left, and what Java logs."""
    if "outputs" in cell:
        cell.outputs = [
            output for output in cell.outputs if output.get("data", {}).get("text/html") != "" and output.get("name") != "stderr"
        ]


def chosen(names):
    """The files of these notebooks."""
    if unknown := [name for name in names if not (FOLDER / f"{name}.ipynb").is_file()]:
        sys.exit(f"there is no notebook {', '.join(unknown)} in {FOLDER}")
    if "WINDROW_TEST_SPARK" in os.environ:
        os.environ["SPARK_REMOTE"] = os.environ["WINDROW_TEST_SPARK"]
    elif needing := [name for name in names if name in NEED_SPARK]:
        sys.exit(f"{', '.join(needing)}: WINDROW_TEST_SPARK is not set; run it by tests/spark/cluster.py")
    found = sorted(FOLDER.glob("*.ipynb"))
    return [path for path in found if (path.stem in names if names else path.stem not in NEED_SPARK)]


def main(write, names):
    paths = chosen(names)
    for path in paths:
        notebook = nbformat.read(path, as_version=4)
        kept = [shown(cell) for cell in notebook.cells]
        NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(FOLDER)}}).execute()
        for cell in notebook.cells:
            without_noise(cell)
        if write:
            for cell in notebook.cells:
                # When it ran differs each time.
                cell.metadata.pop("execution", None)
            notebook.metadata.language_info = {"name": "python"}
            nbformat.write(notebook, path)
        elif kept != [shown(cell) for cell in notebook.cells]:
            sys.exit(f"{path}: the outputs are not those that are kept in it; after a change: {sys.argv[0]} --write {path.stem}")
    print(f"notebooks: {len(paths)} passed")


if __name__ == "__main__":
    main("--write" in sys.argv[1:], [name for name in sys.argv[1:] if name != "--write"])
