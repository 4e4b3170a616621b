"""Runs the console over a made journal: `python tests/console/show.py STORY [MODE] [DIRECTORY] [--live] [--mouse]`.

For looking at it, and for the tests that drive it through a pseudo-terminal. The journal is shifted to end now; with
`--live` a sample a second is added, so that the screen lives as beside an engine.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.console.journals import STORIES, Story


def told(name: str) -> Story:
    """The story, its last event a second ago."""
    length = STORIES[name]().mono
    return STORIES[name](start=datetime.now(UTC) - timedelta(seconds=length + 1))


def main() -> int:
    arguments = [argument for argument in sys.argv[1:] if argument not in ("--live", "--mouse")]
    name, mode = arguments[0], arguments[1] if len(arguments) > 1 else "observer"
    with tempfile.TemporaryDirectory(prefix="virada-show-") as scratch:
        directory = Path(arguments[2]) if len(arguments) > 2 else Path(scratch)
        return shown(told(name), mode, directory, live="--live" in sys.argv)


def shown(story: Story, mode: str, directory: Path, *, live: bool) -> int:
    """The console's exit status."""
    from tui.console.launch import run_console

    paths = story.save(directory / "20261205T235500Z-7f3a")
    (paths.plan / "migration.sql").write_text("begin;\nalter table app.orders add column region text;\ncommit;\n")
    (paths.output / "backup.1").write_text("pg_dump: dumping contents of table\n" * 30)

    def go_on() -> None:
        while True:
            time.sleep(1.0)
            story.sample().save(paths.directory)

    if live:
        threading.Thread(target=go_on, daemon=True).start()
    return run_console(paths, mode=mode, mouse="--mouse" in sys.argv)  # type: ignore[arg-type]


if __name__ == "__main__":
    sys.exit(main())
