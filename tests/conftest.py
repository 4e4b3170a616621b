"""What every run of the tests has: servers that its workers share (`tests.shared`), and memory to write to."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import tempfile
from collections.abc import Generator
from typing import Any

import pytest

from tests import postgres_server, ram, shared
from tui import locale


def pytest_configure(config: pytest.Config) -> None:
    # Started in the background, or by nohup, these are ignored, and every command under test would inherit that.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    worker = getattr(config, "workerinput", None)
    if worker is None:
        ram.begin()
    # What engines keep of their journals in the account's state is the tests' own.
    os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="virada-state-")
    if worker is None:
        shared.begin()
        _have_programs()
    else:
        shared.join(worker["virada_servers"])


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """What pytest-xdist's worker is told."""
    node.workerinput["virada_servers"] = shared.told()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """For `-n auto`: tests also wait, for servers, programs and idle screens."""
    told = os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return int(told) if told else 2 * cores


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Thousands of tests and all that they import are there for good: looking through them for garbage, again and again
    while they are made and in every later collection, took a third of the collection's time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


_LONGEST = ("tests/acceptance/test_execution_plan.py", "tests/acceptance/test_observers.py", "tests/book/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first: at the end one worker would be left alone with it."""
    items.sort(key=lambda item: not item.nodeid.startswith(_LONGEST))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Workers collect the same files in the same order. In a fresh tree one of them compiles a file, and the others
    read what it kept, where each would compile all of them."""
    if not isinstance(collector, pytest.Module) or not hasattr(collector.config, "workerinput"):
        return (yield)
    with shared.alone(f"module-{collector.nodeid.replace('/', '-')}"):
        return (yield)


def _have_programs() -> None:
    """With a version named, client programs that may be older than the server are no test of it: those that fit come
    first, for the workers as well."""
    named = os.environ.get(postgres_server.VARIABLE, "")
    if named.isdecimal() and int(named) in postgres_server.MAJORS:
        os.environ["PATH"] = f"{postgres_server.binaries_of(int(named)).bindir}:{os.environ['PATH']}"


def pytest_unconfigure() -> None:
    shared.end()
    shutil.rmtree(os.environ.pop("XDG_STATE_HOME", ""), ignore_errors=True)
    ram.end()


@pytest.fixture(autouse=True)
def _language() -> None:
    """What a test has said in another language, the next one on its worker does not go on with."""
    locale.use("en")


_ENDED: set[str] = set()
_LEFT_OUT: set[str] = set()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """What has passed, whichever worker it ran on."""
    if report.when == "call" and report.passed:
        _ENDED.add(report.nodeid.partition("[")[0])
    elif report.skipped:
        _LEFT_OUT.add(report.nodeid.partition("[")[0])


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int | pytest.ExitCode) -> None:
    """Where all tests ran, those that `plans/README.md` names as proofs were among them, and passed. One that was left
    out, for this machine lacks what it needs, is named."""
    config = session.config
    whole = config.invocation_params.dir == config.rootpath and config.args == list(config.getini("testpaths"))
    narrowed = config.getoption("keyword") or config.getoption("markexpr") or config.getoption("lf", False)
    if hasattr(config, "workerinput") or not whole or narrowed or exitstatus != pytest.ExitCode.OK:
        return
    from tests.lines import lines

    lacking = {line.test for line in lines()} - {_named(nodeid) for nodeid in _ENDED}
    if lacking:
        print(f"\nnamed by plans/README.md, and not run, or only left out: {', '.join(sorted(lacking))}")
    if lacking - {_named(nodeid) for nodeid in _LEFT_OUT}:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _named(nodeid: str) -> str:
    """A test's file and name, without its class."""
    file, _colons, name = nodeid.partition("::")
    return f"{file}::{name.rpartition('::')[2]}"
