"""The program as one file, made from what is installed here: for the Python that runs, without the wheels of others."""

from __future__ import annotations

import os
from importlib import metadata
from pathlib import Path

from release import locked, onefile, tree

EPOCH = 1_700_000_000
_LEFT_OUT = ("apprise", "certifi", "charset-normalizer", "markdown", "oauthlib", "requests", "tzdata", "urllib3")
"""Many files that no test needs."""


def build(path: Path) -> Path:
    """The file at `path`, not compressed."""
    content = {}
    for pin in locked.needed():
        if pin.name.startswith(_LEFT_OUT):
            continue
        installed = metadata.distribution(pin.name)
        for file in installed.files or ():
            name = file.as_posix()
            if not name.startswith("..") and "__pycache__" not in name and not name.endswith(("RECORD", ".pth")):
                content[name] = tree.Content(Path(str(installed.locate_file(file))).read_bytes())
    for source in (locked.ROOT / "tui").rglob("*"):
        if source.is_file() and "__pycache__" not in source.parts:
            content[source.relative_to(locked.ROOT).as_posix()] = tree.Content(source.read_bytes())
    for source in (locked.ROOT / "plans").rglob("*"):
        if source.is_file():
            name = f"tui/_plans/{source.relative_to(locked.ROOT / 'plans').as_posix()}"
            content[name] = tree.Content(source.read_bytes())
    onefile.program(path, content, os.uname().machine, EPOCH, level=0)
    return path
