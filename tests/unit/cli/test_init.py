"""`virada init`: what it writes and says, what it refuses in one sentence, and that nothing is written over."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Virada
from tui.plan.loader import load
from tui.steps.registry import KINDS

SCRIPTS = ["functional.sql", "load.sql", "migration.sql", "rollback.sql", "verification.sql"]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def errors(path: Path) -> list[str]:
    return [str(problem) for problem in load(path, KINDS).errors]


@pytest.mark.parametrize(("language", "name"), [("en", "Plan of an execution"), ("pt_BR", "Plano de Execução")])
def test_the_shipped_plan_with_its_scripts(language: str, name: str, virada: Virada, here: Path) -> None:
    done = virada("init", "--language", language)
    assert done.code == 0 and "virada check plan.yaml" in done.err
    assert done.out.split() == ["plan.yaml", *(f"scripts/{one}" for one in sorted(SCRIPTS, key=lambda one: ORDER[one]))]
    assert sorted(path.name for path in (here / "scripts").iterdir()) == SCRIPTS
    assert f"name: {name}" in (here / "plan.yaml").read_text() and errors(here / "plan.yaml") == []


ORDER = {"migration.sql": 0, "rollback.sql": 1, "verification.sql": 2, "functional.sql": 3, "load.sql": 4}


def test_flags_say_what_the_target_is(virada: Virada, here: Path) -> None:
    (here / "mine.sql").write_text("select 1;\n")
    flags = ["--target", "main db", "--service", "main", "--opens", "2031-12-05T22:00", "--timezone", "Europe/Berlin"]
    flags += ["--duration", "2h", "--buffer", "30m", "--script", "migration=mine.sql"]
    assert virada("init", *flags).code == 0
    loaded = load(here / "plan.yaml", KINDS)
    assert loaded.plan is not None
    target = loaded.plan.targets["main db"]
    assert (target.environment, target.service, target.rehearsal) == ("production", "main", "required")
    assert target.window is not None and target.window.timezone == "Europe/Berlin"
    assert (target.window.opens, target.window.duration, target.window.buffer) == ("2031-12-05T22:00", 7200, 1800)
    rehearsed = loaded.plan.targets["staging"].window
    assert rehearsed is not None and (rehearsed.opens, rehearsed.duration) == ("+31m", 7200)
    assert (here / "scripts" / "migration.sql").read_text() == "select 1;\n"


def test_a_staging_target_takes_the_place_of_the_shipped_one(virada: Virada, here: Path) -> None:
    assert virada("init", "--target", "staging", "--environment", "staging", "--dsn", "host=db dbname=app").code == 0
    loaded = load(here / "plan.yaml", KINDS)
    assert loaded.plan is not None
    assert [(name, one.dsn, one.rehearsal) for name, one in loaded.plan.targets.items()] == [
        ("staging", "host=db dbname=app", None)
    ]


def test_nothing_is_written_over_without_force(virada: Virada, here: Path) -> None:
    (here / "plan.yaml").write_text("mine\n")
    done = virada("init")
    assert done.code == 2 and done.err.strip().startswith("plan.yaml is there already and is not written over")
    assert (here / "plan.yaml").read_text() == "mine\n" and not (here / "scripts").exists()
    (here / "plan.yaml").unlink()
    (here / "scripts").mkdir()
    (here / "scripts" / "load.sql").write_text("mine\n")
    assert virada("init").code == 2
    assert [path.name for path in here.iterdir() if path.name != "home"] == ["scripts"]
    assert virada("init", "--force").code == 0
    assert (here / "scripts" / "load.sql").read_text() != "mine\n"
    assert not [path.name for path in here.iterdir() if path.name.startswith(".")]


def test_what_is_the_same_is_left_alone(virada: Virada, here: Path) -> None:
    assert virada("init").code == 0
    done = virada("init", "-o", "other.yaml")
    assert done.code == 0 and done.out.split() == ["other.yaml"]


def test_a_checklist_and_its_way_back(virada: Virada, here: Path) -> None:
    (here / "list.md").write_text("# Move\n\n- [ ] Stop\n- [x] Look\n\n## Rollback\n\nSee [it](back-out.md).\n")
    (here / "back-out.md").write_text("# Back out\n\n1. Start again\n2. Stop\n")
    done = virada("init", "--from", "list.md", "-o", "a.yaml")
    assert done.code == 0 and "the rollback stands in another file: back-out.md" in done.err
    assert "line 4: ticked" in done.err and "1 phase, 1 section, 2 steps, 0 steps of the rollback" in done.err
    done = virada("init", "--from", "list.md", "--from", "back-out.md", "-o", "b.yaml", "--service", "db1")
    assert done.code == 0 and "another file" not in done.err and "2 steps of the rollback" in done.err
    loaded = load(here / "b.yaml", KINDS)
    assert loaded.plan is not None and loaded.plan.targets["production"].service == "db1"
    assert [step.id for step in loaded.plan.rollback.phases[0].sections[0].steps] == ["start-again", "stop-2"]


@pytest.mark.parametrize(
    ("arguments", "content", "part"),
    [
        (["--from", "missing.md"], None, "missing.md cannot be read"),
        (["--from", "list.md"], b"", "list.md holds no text"),
        (["--from", "list.md"], b"\x00\x01", "list.md is no text"),
        (["--from", "list.md"], b"---\n\n***\n", "holds nothing that could be a step"),
        (["--script", "foo=x"], None, "is not NAME=FILE"),
        (["--script", "load=missing.sql"], None, "missing.sql cannot be read"),
        (["--service", "a", "--dsn", "b"], None, "exclude each other"),
        (["--dsn", "host=a password=secretive"], None, "A password in a plan"),
        (["--duration", "xx"], None, "is not a duration"),
        (["--opens", "tomorrow"], None, "is not a local time"),
        (["--from", "list.md", "--script", "load=x"], b"- [ ] a", "--script is for the shipped plan"),
        (["--from", ".", "--service", "x"], None, "stands alone"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    arguments: list[str], content: bytes | None, part: str, virada: Virada, here: Path
) -> None:
    if content is not None:
        (here / "list.md").write_bytes(content)
    done = virada("init", *arguments)
    assert done.code == 2 and part in done.err + done.out and "Traceback" not in done.err
    assert not (here / "plan.yaml").exists() and "secretive" not in done.err + done.out


def test_on_a_terminal_it_asks(here: Path) -> None:
    """Answers that cannot be are asked again."""
    leader, follower = pty.openpty()
    environment = {**os.environ, "LANG": "C.UTF-8", "COLUMNS": "100"}
    command = [sys.executable, "-m", "tui.cli.main", "init"]
    process = subprocess.Popen(command, stdin=follower, stdout=subprocess.PIPE, stderr=follower, env=environment)
    os.close(follower)
    answers = ["main", "prod", "production", "host=db1 dbname=app", "never", "2031-12-05T22:00", "Europe/Berlin"]
    answers += ["1h", "", "missing.sql", "", "", ""]
    os.write(leader, ("\n".join(answers) + "\n").encode())
    out, _none = process.communicate(timeout=60)
    said = os.read(leader, 65536).decode()
    os.close(leader)
    assert process.returncode == 0 and out.decode().startswith("plan.yaml\n"), said
    assert "One of these: production, staging, development" in said and "There is no such file: missing.sql" in said
    loaded = load(here / "plan.yaml", KINDS)
    assert loaded.plan is not None
    target = loaded.plan.targets["main"]
    assert target.dsn == "host=db1 dbname=app" and target.window is not None
    assert (target.window.opens, target.window.duration, target.window.buffer) == ("2031-12-05T22:00", 3600, 900)
