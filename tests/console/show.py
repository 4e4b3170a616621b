"""Runs the console over a made journal: `python tests/console/show.py STORY [operator|observer|replay] [DIRECTORY]`.

For looking at it, and for the tests that drive it through a pseudo-terminal. The journal is shifted to end now, and a
sample a second is added, so that the screen lives as beside an engine.
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
    from tui.console.launch import run_console

    name, mode = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "observer"
    directory = Path(sys.argv[3]) if len(sys.argv) > 3 else Path(tempfile.mkdtemp(prefix="virada-show-"))
    story = told(name)
    paths = story.save(directory / "20261205T235500Z-7f3a")
    (paths.plan / "migration.sql").write_text("begin;\nalter table app.orders add column region text;\ncommit;\n")
    (paths.output / "backup.1").write_text("pg_dump: dumping contents of table\n" * 30)

    def live() -> None:
        while True:
            time.sleep(1.0)
            story.sample().save(paths.directory)

    if "--live" in sys.argv:
        threading.Thread(target=live, daemon=True).start()
    return run_console(paths, mode=mode)  # type: ignore[arg-type]


if __name__ == "__main__":
    sys.exit(main())
