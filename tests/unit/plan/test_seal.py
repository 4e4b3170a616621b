"""Seal, work and freezing: what was approved is what runs, what was rehearsed is what runs in production."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
from pathlib import Path

import msgspec
import pytest

from tui.plan.files import Files
from tui.plan.freeze import FreezeError, Frozen, freeze, verify_seal
from tui.plan.model import Plan
from tui.plan.problems import ProblemReport
from tui.plan.seal import seal_of, work_of

from .desk import PLAN, Desk


def frozen(desk: Desk, name: str = "run", text: str = PLAN) -> tuple[Frozen, Path]:
    (desk.directory / name).mkdir()
    directory = desk.directory / name / "plan"
    return freeze(desk.load(text), desk.plan, directory), directory


def test_a_plan_is_frozen_with_its_files(desk: Desk) -> None:
    desk.write("sql/deep/more.sql", "select 2;\n")
    old = os.umask(0o077)
    try:
        result, directory = frozen(desk, text=PLAN.replace("rollback.sql", "sql/deep/more.sql"))
    finally:
        os.umask(old)
    assert result.files == ("plan.yaml", "migration.sql", "sql/deep/more.sql")
    assert (directory / "plan.yaml").read_bytes() == desk.plan.read_bytes()
    assert (directory / "sql/deep/more.sql").read_text() == "select 2;\n"
    for path in (directory, directory / "sql", directory / "sql/deep"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o2750
    for name in (*result.files, "SEAL"):
        assert stat.S_IMODE((directory / name).stat().st_mode) == 0o640
    assert verify_seal(directory, result.seal) == []


@pytest.mark.parametrize("mode", [0o755, 0o700, 0o555, 0o640])
def test_a_program_of_the_plan_stays_one(desk: Desk, mode: int) -> None:
    (desk.directory / "migration.sql").write_text("#!/bin/sh\nexec sha256sum --check --quiet SEAL\n")
    (desk.directory / "migration.sql").chmod(mode)
    result, directory = frozen(desk)
    program = directory / "migration.sql"
    assert stat.S_IMODE(program.stat().st_mode) == (0o750 if mode & 0o111 else 0o640)
    if mode & 0o111:
        subprocess.run([program], cwd=directory, check=True)
    # What is under the seal is the content.
    assert verify_seal(directory, result.seal) == []


def test_the_seal_is_what_sha256sum_checks(desk: Desk) -> None:
    result, directory = frozen(desk)
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SEAL"], cwd=directory, check=True)
    raw = (directory / "SEAL").read_bytes()
    lines = raw.decode().splitlines(keepends=True)
    assert lines == sorted(lines) and len(lines) == 3
    assert result.seal == hashlib.sha256(raw).hexdigest()
    assert seal_of(directory, result.files) == (result.seal, lines)


def test_every_change_after_freezing_is_seen(desk: Desk) -> None:
    result, directory = frozen(desk)
    (directory / "migration.sql").write_text("drop table t;\n")
    (directory / "rollback.sql").unlink()
    (directory / "further.sql").write_text("select 1;\n")
    (directory / "plan.yaml").rename(directory / "other")
    (directory / "plan.yaml").symlink_to("other")
    assert list(map(str, verify_seal(directory, result.seal))) == [
        "'migration.sql' was changed.",
        "'plan.yaml' has become a link.",
        "'rollback.sql' is missing.",
        "'further.sql' is not under the seal.",
        "'other' is not under the seal.",
    ]
    assert list(map(str, verify_seal(directory, "0" * 64))) == ["The file SEAL is not the one the run was opened with."]
    (directory / "SEAL").unlink()
    assert list(map(str, verify_seal(directory, result.seal))) == ["'SEAL' is missing."]


def test_what_changed_after_it_was_checked_is_not_frozen(desk: Desk) -> None:
    loaded = desk.load()
    desk.write("migration.sql", "drop table t;\n")
    with pytest.raises(FreezeError, match=r"'migration\.sql' was changed after the plan was read"):
        freeze(loaded, desk.plan, desk.directory / "frozen")


def test_a_plan_with_errors_is_not_frozen(desk: Desk) -> None:
    with pytest.raises(FreezeError, match="errors"):
        freeze(desk.load("virada: 1\n"), desk.plan, desk.directory / "frozen")
    assert not (desk.directory / "frozen").exists()


def test_freezing_writes_over_nothing(desk: Desk) -> None:
    directory = desk.directory / "frozen"
    directory.mkdir()
    (directory / "plan.yaml").symlink_to(desk.directory / "migration.sql")
    with pytest.raises(FreezeError, match="File exists"):
        freeze(desk.load(), desk.plan, directory)
    assert (desk.directory / "migration.sql").read_text().startswith("alter table")


def test_another_target_is_the_same_work(desk: Desk) -> None:
    first, _directory = frozen(desk, "one")
    other = PLAN.replace("app-prod", "other").replace("name: Ana", "name: Rui").replace("Plano de", "Plan:")
    second, _directory = frozen(desk, "two", other.replace("Plan: Exec", "Exec"))
    assert first.work == second.work and first.seal != second.seal


@pytest.mark.parametrize(
    ("old", "new"),
    [("below: 70%", "below: 75%"), ("title: Ler o plano", "title: Ler"), ("step: migrate", "step: dump")],
)
def test_another_step_guard_or_trigger_is_other_work(desk: Desk, old: str, new: str) -> None:
    first, _directory = frozen(desk, "one")
    second, _directory = frozen(desk, "two", PLAN.replace(old, new))
    assert first.work != second.work


def test_another_file_is_other_work(desk: Desk) -> None:
    first, _directory = frozen(desk, "one")
    desk.write("migration.sql", "select 3;\n")
    second, _directory = frozen(desk, "two")
    assert first.work != second.work


def test_the_journaled_plan_gives_the_same_work(desk: Desk) -> None:
    loaded = desk.load()
    assert loaded.plan is not None
    digests = {name: loaded.digests[name] for name in loaded.files}
    again = msgspec.json.decode(msgspec.json.encode(loaded.plan), type=Plan)
    assert work_of(loaded.plan, digests) == work_of(again, digests)


def test_what_was_looked_at_is_what_is_sealed(desk: Desk) -> None:
    """Though it was another when it was hashed first: what nobody looked at is never frozen."""
    desk.write("a.sql", "select 1;\n")
    files = Files(desk.directory, ProblemReport("plan.yaml"), Path("plan.yaml"))
    assert files.include("a.sql") == "a.sql"
    desk.write("a.sql", "select 2;\n")
    assert files.text("a.sql") == "select 2;\n"
    assert files.digests["a.sql"] == hashlib.sha256(b"select 2;\n").hexdigest()
