"""Rounds of every fault, by workers that have a server each, and the table of what came of them."""

from __future__ import annotations

import multiprocessing
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from tests.faults import network, strikes
from tests.faults.checker import Finding
from tests.faults.round import Hung, prepare
from tests.postgres_server import own_server
from tui.demo.server import Server

FULL: Final = {
    "checker fooled": 2, "engine killed": 50, "server crashed": 60, "session ended": 20, "write failed": 30,
    "call failed": 240, "exception raised": 240, "no descriptors": 50, "disk filled": 8, "file vanished": 16,
    "two engines": 10, "network": 20,
}  # fmt: skip
"""Rounds of each fault; one of `engine killed` has three kills, one of `network` five faults of the network."""
SMALL: Final = {
    "checker fooled": 1, "engine killed": 4, "server crashed": 4, "session ended": 4, "write failed": 4,
    "call failed": 8, "exception raised": 4, "no descriptors": 4, "disk filled": 1, "file vanished": 4,
    "two engines": 2, "network": 2,
}  # fmt: skip


_CASES: Final = {"engine killed": strikes.KILLS_A_ROUND, "network": len(network.FAULTS)}


_BY_NAME: Final[dict[str, Callable[[Server, int], Finding]]] = {
    "checker fooled": strikes.checker_fooled, "engine killed": strikes.engine_killed,
    "server crashed": strikes.server_crashed, "session ended": strikes.session_ended,
    "write failed": strikes.write_failed, "call failed": strikes.call_failed,
    "exception raised": strikes.exception_raised, "no descriptors": strikes.descriptors_gone,
    "disk filled": strikes.disk_filled,
    "file vanished": strikes.file_vanished, "two engines": strikes.two_engines,
    "network": network.struck,
}  # fmt: skip


class Case(Struct):
    """What came of one round."""

    fault: str
    seed: int
    cases: int = 1
    wrong: tuple[str, ...] = ()
    undecided: int = 0
    hung: str = ""
    left_out: str = ""
    seconds: float = 0.0


_server: Any = None


def _begin(places: Any) -> None:
    """A worker takes one of the servers."""
    global _server
    _server = Server.open(places.get())


def _one(fault: str, seed: int) -> Case:
    case = Case(fault=fault, seed=seed, cases=_CASES.get(fault, 1))
    began = time.monotonic()
    try:
        found = _BY_NAME[fault](_server, seed)
        case.wrong, case.undecided = tuple(found.wrong), found.undecided
    except Hung as error:
        case.hung = str(error) or "no end"
    except strikes.NotHere as error:
        case.left_out = str(error)
    except Exception:
        case.wrong = (f"the round broke: {traceback.format_exc()[-1500:]}",)
    case.seconds = time.monotonic() - began
    return case


def rounds(wanted: dict[str, int], workers: int, seed: int | None, place: Path | None = None) -> int:
    """Run them and print the table; the exit status. `place`: a server that is there, for one worker, and that nobody
    may strike."""
    context = multiprocessing.get_context("spawn")
    places: Any = context.Queue()
    with ExitStack() as stack:
        for _worker in range(workers if place is None else 1):
            server = stack.enter_context(own_server(fsync=False)) if place is None else Server.open(place)
            prepare(server, ledger=place is None)
            places.put(server.directory)
        jobs = [(fault, n if seed is None else seed) for fault, count in wanted.items() for n in range(count)]
        done: list[Case] = []
        with ProcessPoolExecutor(
            workers if place is None else 1, mp_context=context, initializer=_begin, initargs=(places,)
        ) as pool:
            for future in as_completed([pool.submit(_one, *job) for job in jobs]):
                case = future.result()
                done.append(case)
                for trouble in (*case.wrong, *([f"HUNG {case.hung}"] if case.hung else ())):
                    print(f"{case.fault}, seed {case.seed}: {trouble}", flush=True)
        return _table(wanted, done)


def _table(wanted: dict[str, int], done: list[Case]) -> int:
    print(f"{'fault':<16}{'cases':>7}{'wrong':>7}{'undecided':>11}{'hung':>6}{'seconds':>9}")
    bad = 0
    for fault in wanted:
        of = [case for case in done if case.fault == fault and not case.left_out]
        wrong, hung = sum(bool(case.wrong) for case in of), sum(bool(case.hung) for case in of)
        undecided, seconds = sum(case.undecided for case in of), sum(case.seconds for case in of)
        bad += wrong + hung
        print(f"{fault:<16}{sum(c.cases for c in of):>7}{wrong:>7}{undecided:>11}{hung:>6}{seconds:>9.0f}")
    for why in sorted({f"{case.fault}: {case.left_out}" for case in done if case.left_out}):
        print(f"left out: {why}")
    return 1 if bad else 0
