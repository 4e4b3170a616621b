"""Coroutines are run as tests; what was said stays for as long as a busy machine takes to look at it."""

from __future__ import annotations

import asyncio
import inspect
import math

import pytest

from tui import locale
from tui.console import app


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.function):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    asyncio.run(pyfuncitem.obj(**arguments))
    return True


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "en")
    locale.use("en")


@pytest.fixture(autouse=True)
def _said_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "SAID_FOR", math.inf)
