"""Executes notebooks from empty and fails on the first error; nothing is written back.

    python notebooks/run.py [NOTEBOOK ...]     all of this folder if none is named

The environment variable ARREARS_OUT names the output folder that they read (default: demo).
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).resolve().parent
SECONDS_PER_CELL = 120


def run(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.get("outputs") or cell.get("execution_count"):
            raise SystemExit(f"{path.name}: is committed with outputs; clear them")
    here = {"metadata": {"path": str(HERE.parent)}}
    NotebookClient(notebook, timeout=SECONDS_PER_CELL, kernel_name="python3", resources=here).execute()
    print(f"{path.name}: ok", flush=True)


if __name__ == "__main__":
    paths = [Path(a) for a in sys.argv[1:]] or sorted(HERE.glob("*.ipynb"))
    for path in paths:
        run(path)
    print(f"notebooks: {len(paths)} passed, 0 failed")
