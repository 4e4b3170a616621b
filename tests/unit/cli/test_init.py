"""`virada init`: what it writes and says, what it refuses in one sentence, and that nothing is written over."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Virada
from tui.cli.put import _File, _Putting
from tui.files import permissions
from tui.importer.imported import Imported
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
    answers = ["main", "prod", "production", "host=db1 dbname=app", "never", "2031-03-30T02:30", "Berlin", " "]
    answers += ["Europe/Berlin", "1h", "", "2031-12-05T22:00", "Europe/Berlin", "1h", "", "missing.sql", "", "", ""]
    os.write(leader, ("\n".join(answers) + "\n").encode())
    screen = bytearray()

    def read() -> None:
        with suppress(OSError):
            while part := os.read(leader, 65536):
                screen.extend(part)

    reader = threading.Thread(target=read)
    reader.start()
    out, _none = process.communicate(timeout=60)
    reader.join()
    os.close(leader)
    said = screen.decode()
    assert process.returncode == 0 and out.decode().startswith("plan.yaml\n"), said
    assert "One of these: production, staging, development" in said and "There is no such file: missing.sql" in said
    assert "There is no time zone 'Berlin'" in said and "does not exist in 'Europe/Berlin'" in said
    loaded = load(here / "plan.yaml", KINDS)
    assert loaded.plan is not None
    target = loaded.plan.targets["main"]
    assert target.dsn == "host=db1 dbname=app" and target.window is not None
    assert (target.window.opens, target.window.duration, target.window.buffer) == ("2031-12-05T22:00", 3600, 900)


def modes(*paths: Path) -> list[str]:
    return [f"{path.stat().st_mode & 0o777:o}" for path in paths]


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_a_copy_is_read_by_nobody_who_may_not_read_the_script(virada: Virada, here: Path) -> None:
    for name, mode in (("mine.sql", 0o600), ("list.md", 0o600), ("db/1_a.sql", 0o600), ("db/2_b.sql", 0o644)):
        (here / name).parent.mkdir(exist_ok=True)
        (here / name).write_text("- [ ] a\n" if name == "list.md" else "select 1;\n")
        (here / name).chmod(mode)
    assert virada("init", "--script", "migration=mine.sql").code == 0
    assert modes(here / "scripts/migration.sql", here / "scripts/load.sql", here / "plan.yaml") == ["600", "644", "644"]
    assert virada("init", "--from", "db", "-o", "other/plan.yaml").code == 0
    assert modes(here / "other/db/1_a.sql", here / "other/db/2_b.sql") == ["600", "644"]
    assert virada("init", "--from", "list.md", "-o", "list.yaml").code == 0
    assert modes(here / "list.yaml", here / "other/plan.yaml") == ["600", "600"], "what was read stands in the plan"
    (here / "plan.yaml").chmod(0o640)
    assert virada("init", "--force").code == 0
    assert modes(here / "plan.yaml") == ["640"], "what was kept from others stays so"


def test_permissions_of_a_group_are_given_to_no_other(here: Path) -> None:
    (here / "a").write_text("")
    for mode, own, other in (
        (0o640, 0o640, 0o600),
        (0o644, 0o644, 0o644),
        (0o400, 0o600, 0o600),
        (0o755, 0o644, 0o644),
    ):
        (here / "a").chmod(mode)
        found = (here / "a").stat()
        assert permissions(found) == own
        assert permissions(os.stat_result((*found[:5], found.st_gid + 1, *found[6:]))) == other


def test_nothing_is_written_through_a_link_out_of_the_plans_directory(virada: Virada, here: Path) -> None:
    (here / "elsewhere").mkdir()
    (here / "run").mkdir()
    (here / "run" / "scripts").symlink_to("../elsewhere")
    for force in ([], ["--force"]):
        done = virada("init", "-o", "run/plan.yaml", *force)
        assert done.code == 2 and done.err.startswith("run/scripts/migration.sql would be written to ")
        assert "a link leads there, out of the plan's directory" in done.err and done.err.count("\n") == 1
        assert not list((here / "elsewhere").iterdir()) and not (here / "run" / "plan.yaml").exists()
    (here / "run" / "scripts").unlink()
    (here / "run" / "scripts").symlink_to("inside")
    (here / "run" / "inside").mkdir()
    assert virada("init", "-o", "run/plan.yaml").code == 0
    assert sorted(path.name for path in (here / "run" / "inside").iterdir()) == SCRIPTS
    assert errors(here / "run" / "plan.yaml") == []


def test_a_link_to_the_same_content_is_no_file_of_the_plans(virada: Virada, here: Path) -> None:
    assert virada("init", "-o", "first/plan.yaml").code == 0
    (here / "run" / "scripts").mkdir(parents=True)
    (here / "run" / "scripts" / "load.sql").symlink_to("../../first/scripts/load.sql")
    done = virada("init", "-o", "run/plan.yaml")
    assert done.code == 2 and done.err.startswith("run/scripts/load.sql is there already")
    assert virada("init", "-o", "run/plan.yaml", "--force").code == 0
    assert not (here / "run" / "scripts" / "load.sql").is_symlink() and errors(here / "run" / "plan.yaml") == []


def test_a_pipe_that_nobody_writes_into_is_not_waited_for(virada: Virada, here: Path) -> None:
    os.mkfifo(here / "pipe.md")
    for arguments in (["--from", "pipe.md"], ["--script", "load=pipe.md"], ["--from", "/dev/zero"]):
        done = virada("init", *arguments)
        assert done.code == 2 and "cannot be read: not a regular file." in done.err and done.err.count("\n") == 1
    (here / "scripts").mkdir()
    os.mkfifo(here / "scripts" / "load.sql")
    assert "scripts/load.sql is there already" in virada("init").err
    read, write = os.pipe()
    os.write(write, b"- [ ] Stop\n")
    os.close(write)
    assert virada("init", "--from", f"/dev/fd/{read}").code == 0, "what a shell pipes is read"
    os.close(read)


def test_all_of_it_is_written_or_nothing(virada: Virada, here: Path) -> None:
    (here / "scripts" / "verification.sql").mkdir(parents=True)
    (here / "scripts" / "migration.sql").write_text("mine\n")
    before = sorted(here.rglob("*"))
    done = virada("init", "--force")
    assert done.code == 1 and done.err == "scripts/verification.sql cannot be written: Is a directory.\n"
    assert sorted(here.rglob("*")) == before and (here / "scripts" / "migration.sql").read_text() == "mine\n"
    (here / "new").mkdir()
    (here / "new" / "scripts").write_text("a file\n")
    done = virada("init", "-o", "new/plan.yaml")
    assert done.code == 1 and done.err == "new/scripts/migration.sql cannot be written: File exists.\n"
    (here / "new" / "scripts").unlink()
    (here / "new" / "scripts").symlink_to("scripts")
    done = virada("init", "-o", "new/plan.yaml")
    assert done.code == 1 and done.err.startswith("new/scripts/migration.sql cannot be written: "), "a link to itself"
    assert [path.name for path in (here / "new").iterdir()] == ["scripts"]


def test_directories_that_were_made_go_away_again(here: Path) -> None:
    made = Imported("virada: 1\n", {"a/b/one.sql": b"select 1;\n", "a/c": b"x"})
    files = [_File(here / "to" / name, content, 0o666) for name, content in made.files.items()]
    (here / "to").mkdir()
    with pytest.raises(OSError, match="File exists"):
        _Putting(force=False).put([*files, files[0]])
    assert not list((here / "to").iterdir())
