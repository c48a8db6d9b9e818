"""Executes notebooks from empty and fails on the first error; nothing is written back.

    python notebooks/run.py [--render DIR] [NOTEBOOK ...]     all of this folder if none is named

With --render, each is also written to DIR as a Markdown page with its tables and pictures.

The environment variable ARREARS_OUT names the output folder that they read (default: demo).
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).resolve().parent
SECONDS_PER_CELL = 120


def run(path: Path, rendered: Path | None) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.get("outputs") or cell.get("execution_count"):
            raise SystemExit(f"{path.name}: is committed with outputs; clear them")
    here = {"metadata": {"path": str(HERE.parent)}}
    NotebookClient(notebook, timeout=SECONDS_PER_CELL, kernel_name="python3", resources=here).execute()
    if rendered:
        render(path.stem, notebook, rendered)
    print(f"{path.name}: ok", flush=True)


def render(name: str, notebook: nbformat.NotebookNode, folder: Path) -> None:
    from nbconvert import MarkdownExporter  # only who renders needs it

    folder.mkdir(parents=True, exist_ok=True)
    resources = {"unique_key": name, "output_files_dir": "."}
    text, made = MarkdownExporter().from_notebook_node(notebook, resources)
    (folder / f"{name}.md").write_text(text)
    for file, content in made["outputs"].items():
        (folder / file).write_bytes(content)


if __name__ == "__main__":
    words = sys.argv[1:]
    rendered = Path(words[1]) if words[:1] == ["--render"] else None
    paths = [Path(a) for a in words[2 if rendered else 0 :]] or sorted(HERE.glob("*.ipynb"))
    for path in paths:
        run(path, rendered)
    print(f"notebooks: {len(paths)} passed, 0 failed")
