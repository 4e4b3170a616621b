"""`python -m tests.faults [--kills N] [-n WORKERS] [pytest's own options]`: every fault at every point, N random kills.

Without it the tests of this directory try the points that tell most and a few random moments. A seed that failed is
printed as VIRADA_SEED=...; set it to see the same kills again.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import pytest


def main(arguments: list[str]) -> int:
    """pytest's exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="random kills in each test that has them")
    parser.add_argument("-n", default="auto", metavar="WORKERS")
    options, others = parser.parse_known_args(arguments)
    os.environ["VIRADA_KILLS"] = str(options.kills)
    here = str(Path(__file__).parent)
    return int(pytest.main([here, "-n", options.n, *others]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
