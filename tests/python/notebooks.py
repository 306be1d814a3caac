#!/usr/bin/env python3
"""Runs the notebooks from top to bottom. With --write their outputs are kept in them; without it they stay as they are.

    python tests/python/notebooks.py [--write]
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"


def shown(cell):
    """What kinds of output a cell has."""
    return [sorted(output.get("data", {output.output_type: None})) for output in cell.get("outputs", [])]


def without_progress(cell):
    """Takes away what a bar of progress has left, which a slow machine shows."""
    is_left = lambda output: output.get("data", {}).get("text/html") == ""  # noqa: E731
    if "outputs" in cell:
        cell.outputs = [output for output in cell.outputs if not is_left(output)]


def main(write):
    for path in sorted(FOLDER.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        kept = [shown(cell) for cell in notebook.cells]
        NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(FOLDER)}}).execute()
        for cell in notebook.cells:
            without_progress(cell)
        if write:
            for cell in notebook.cells:
                # When it ran differs each time.
                cell.metadata.pop("execution", None)
            notebook.metadata.language_info = {"name": "python"}
            nbformat.write(notebook, path)
        elif kept != [shown(cell) for cell in notebook.cells]:
            sys.exit(f"{path}: the outputs are not those that are kept in it; after a change: {sys.argv[0]} --write")
    print(f"notebooks: {len(list(FOLDER.glob('*.ipynb')))} passed")


if __name__ == "__main__":
    main("--write" in sys.argv[1:])
