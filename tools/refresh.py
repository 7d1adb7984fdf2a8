"""Execute committed notebooks again in place, on a fresh kernel: `python tools/refresh.py notebooks/*.ipynb`.

The default parameters stand in the notebooks, so this is what a reader gets who runs them from top to bottom. Only what
is the same on every machine is kept: no timings, no version of the interpreter.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nbformat


def refresh(path: Path, timeout: int = 300) -> None:
    """Execute the notebook at `path` from top to bottom and replace the file.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        A cell failed; the file is left as it was.
    """
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": path.parent}},
    )
    client.execute()
    kept = {key: notebook.metadata[key] for key in ("kernelspec", "title") if key in notebook.metadata}
    kept |= {"language_info": {"name": "python"}}
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            # A stored widget is dead: readers of the file see its words instead, until they run it.
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
    notebook.metadata = nbformat.from_dict(kept)
    temporary = path.with_name(f".{path.name}.tmp")
    nbformat.write(notebook, temporary)
    os.replace(temporary, path)


def main(paths: list[str]) -> int:
    """Refresh each notebook, saying which."""
    for name in paths:
        print(f"executing {name}", flush=True)
        refresh(Path(name))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
