"""`python -m tui.engine RUN_DIRECTORY [POLICY_JSON]`: the engine's process."""

from __future__ import annotations

import gc
import sys


def _main() -> int:
    # What is imported stays: looking through it for garbage again and again takes a tenth of the start.
    gc.disable()
    from tui.engine.process.given import give_back
    from tui.onefile import held

    give_back()
    held.hold()
    from tui.engine.process.main import main

    gc.freeze()
    gc.enable()
    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(_main())
