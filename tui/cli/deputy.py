"""An engine for another account's run, which root asked for: `python -m tui.cli.deputy RUN_DIRECTORY [POLICY_JSON]`.

Root itself does nothing in the run. This process is started with the rights of the run's owner, without a terminal and
without root's variables, and does there what the owner's own `virada continue` does.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import msgspec

from tui.cli.engine import ensure_engine
from tui.cli.guard import guarded
from tui.journal.events import Wish
from tui.locale import use
from tui.runs.paths import RunPaths


def main(arguments: list[str]) -> int:
    """In the owner's account: the exit code is what the command ends with, stderr says why."""
    use()
    paths = RunPaths(Path(arguments[0]))
    policy: Wish | None = msgspec.json.decode(arguments[1], type=Wish) if len(arguments) > 1 else None
    # What ends the caller's terminal is not to end the start halfway.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    return guarded(lambda: ensure_engine(paths, policy))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
