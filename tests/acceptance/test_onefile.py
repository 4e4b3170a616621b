"""The program started from one file: runs, their engines and helpers, and what becomes of them when the file, or what
was unpacked from it, goes away."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import onefile
from tests.acceptance import station as stations
from tests.acceptance.station import Station
from tests.postgres_server import Database

pytestmark = pytest.mark.acceptance

PLAN = """
virada: 1
name: From one file
targets: {here: {environment: development, dsn: "${ONEFILE_DSN}", server_log: none}}
phases:
  - title: All of it
    sections:
      - title: All of it
        steps:
          - {id: first, title: First, command: [sh, -c, "env; echo one"]}
          - {id: second, title: Second, command: [sh, -c, "echo two"]}
          - {id: last, title: Last, command: [sh, -c, "echo three"]}
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    directory = tmp_path_factory.mktemp("bin")
    yield onefile.build(directory / "virada-as-it-came")
    shutil.rmtree(directory)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def station(file: Path, cache: Path, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Station]:
    """Commands go through the file, with nothing of this checkout on the way."""
    own = file.with_name("virada")
    shutil.copyfile(file, own)
    own.chmod(0o755)
    monkeypatch.setattr(stations, "VIRADA", own)
    with Station(XDG_CACHE_HOME=str(cache), VIRADA_PYTHON=sys.executable, ONEFILE_DSN=database.dsn) as made:
        made.env.pop("PYTHONDONTWRITEBYTECODE", None)
        (made.root / "plan.yaml").write_text(PLAN)
        yield made


def test_it_starts_and_again_from_where_it_was_unpacked(station: Station, cache: Path) -> None:
    assert station.virada("--version").expect().out.startswith("virada ")
    [root] = (cache / "virada").iterdir()
    code = "import sys, tui, click; print(tui.__file__, click.__file__)"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], env={"PYTHONPATH": str(root)}, capture_output=True, text=True
    )
    assert all(part.startswith(str(root)) for part in done.stdout.split())
    traced = subprocess.run(
        ["sh", "-x", str(stations.VIRADA), "--version"], env=station.env, capture_output=True, text=True, check=True
    )
    assert f"{root}/start.py" in traced.stderr


def test_an_engine_outlives_the_file_and_what_was_unpacked(
    station: Station, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is written over where it lies, and all that was unpacked is removed: the engine goes on by itself, at
    the word of another installation's commands, and programs are kept by supervisors as before."""
    run = station.open(station.root / "plan.yaml")
    station.do("execute", "first", run=run)
    stations.VIRADA.write_bytes(b"#!/bin/sh\nexit 7\n")
    shutil.rmtree(cache / "virada")
    monkeypatch.setattr(stations, "VIRADA", Path(sys.executable).with_name("virada"))
    for step in ("second", "last"):
        station.do("execute", step, run=run)
    [root] = (cache / "virada").iterdir()
    assert (root / "tui" / "cli" / "main.py").exists(), "the engine has made all of it again"
    directory = station.directory(run)
    assert "Traceback" not in (directory / "engine.log").read_text()
    # A program of the plan may be in Python, of another version, with modules of its own beside it.
    printed = "".join(path.read_text() for path in (directory / "output").iterdir())
    assert all(word in printed for word in ("one", "two", "three"))
    assert "PYTHONPATH" not in printed and "PYTHONSAFEPATH" not in printed


def test_an_interpreter_or_machine_that_does_not_suit_gets_one_sentence(station: Station) -> None:
    fake = station.root / "python3.9"
    for change, said in (
        ("sys.version_info = (3, 9, 2)", "needs CPython 3.11 to 3.14"),
        ("sys.implementation.name = 'pypy'", "PyPy"),
        ("os.uname = lambda: ('Linux', 'h', '6', '1', 'riscv64')", "riscv64"),
        ("os.confstr = lambda name: 'glibc 2.17'", "glibc 2.28 or newer, and here is glibc 2.17"),
        ("os.confstr = lambda name: None", "glibc 2.28 or newer"),
    ):
        fake.write_text(
            f"#!{sys.executable}\nimport os, runpy, sys\n{change}\nsys.argv.pop(0)\n"
            "runpy.run_path(sys.argv[0], run_name='__main__')\n"
        )
        fake.chmod(0o755)
        done = station.virada("--version", env={"VIRADA_PYTHON": str(fake), "XDG_CACHE_HOME": str(station.root)})
        done.expect(1)
        assert said in done.err and done.err.count("\n") == 1 and done.err.startswith("virada: ")


def test_without_a_python_and_cut_short_it_says_so(station: Station) -> None:
    done = station.virada("--version", env={"VIRADA_PYTHON": "python-that-is-not-here"})
    assert done.expect(1).err.count("\n") == 1 and "there is no python-that-is-not-here" in done.err
    done = station.virada("--version", env={"VIRADA_PYTHON": " ", "PATH": str(Path(sys.executable).parent)})
    assert done.expect().out.startswith("virada "), "a blank one names none"
    own = station.root / "my python"
    own.symlink_to(sys.executable)
    assert station.virada("--version", env={"VIRADA_PYTHON": str(own)}).expect().out.startswith("virada ")
    whole = stations.VIRADA.read_bytes()
    stations.VIRADA.write_bytes(whole[: len(whole) // 2])
    done = station.virada("--version", env={"XDG_CACHE_HOME": str(station.root / "other")})
    assert done.expect(1).err.count("\n") == 1 and "not copied whole" in done.err


@pytest.mark.parametrize("language", ["C.UTF-8", "pt_BR.UTF-8"])
def test_where_there_is_no_place_all_that_were_tried_are_named(station: Station, language: str) -> None:
    blocked = station.root / "blocked"
    blocked.write_text("")
    done = station.virada("--version", env={"VIRADA_CACHE": str(blocked), "LANG": language})
    assert done.expect(1).err.count("\n") == 1
    assert str(blocked) in done.err and "VIRADA_CACHE=DIR" in done.err
