"""`python -m tests.faults [--rounds small|full|N] [--only FAULT ...] [-j N] [--seed N]`: everything befalls a run.

Each round is a run of a plan of every kind (`plans/rounds.yaml`), forward or with its rollback, that is struck at a
random moment; then the checker reads journal and database. The table says for each fault how many cases there were, in
how many something is wrong, how many fates are undecided, and how many rounds came to no end. A seed that failed is
printed; `--only FAULT --seed N` tries it again.

`--tests [--kills N]` runs the tests of this directory in pytest instead, with N random kills in each that has some.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from tests.faults.table import FULL, SMALL, rounds


def tests(kills: int, workers: str, others: list[str]) -> int:
    """pytest's exit status."""
    import pytest

    os.environ["VIRADA_KILLS"] = str(kills)
    return int(pytest.main([str(Path(__file__).parent), "-n", workers, *others]))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", default="full", help="small, full, or a number for each fault")
    parser.add_argument("--only", action="append", metavar="FAULT", choices=[*FULL], help="this fault alone")
    parser.add_argument("--seed", type=int, help="one round of each, with this seed")
    parser.add_argument("--server", type=Path, metavar="DIRECTORY", help="one of the tests' own, which is not struck")
    parser.add_argument("-j", type=int, default=2, metavar="N", help="rounds beside each other")
    parser.add_argument("--tests", action="store_true", help="the tests of this directory, in pytest")
    parser.add_argument("--kills", type=int, default=200, help="random kills in each test that has them")
    parser.add_argument("-n", default="auto", metavar="WORKERS", help="of pytest")
    options, others = parser.parse_known_args(arguments)
    if options.tests:
        return tests(options.kills, options.n, others)
    chosen = {"small": SMALL, "full": FULL}.get(options.rounds) or dict.fromkeys(FULL, int(options.rounds))
    wanted = {fault: count for fault, count in chosen.items() if not options.only or fault in options.only}
    if options.seed is not None:
        wanted = dict.fromkeys(wanted, 1)
    return rounds(wanted, options.j, options.seed, options.server)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
