"""What is executed is what was sealed: a file that was changed since is not, and says so; a program works on files that
were written anew from what was hashed, in a directory that nothing in it keeps from being removed.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.engine.test_outside import plan as outside
from tests.engine.test_outside import prepared
from tests.engine.test_script import HEADLESS, fates
from tests.postgres_server import Database
from tui.journal.codes import Fact, FailReason, FateReason
from tui.run.commands import Execute, Retry, Undo
from tui.words.said import told
from tui.words.trouble import told_rows, trouble

pytestmark = pytest.mark.postgres

FILES = {
    "s.sql": "create table t (a int);\n",
    "p.sql": "\\i sub/one.sql\n",
    "sub/one.sql": "\\ir two.sql\n",
    "sub/two.sql": "create table t (a int);\n\\copy t from 'sub/data.csv'\n",
    "sub/data.csv": "1\n2\n",
    "c.sh": "psql -Xqc 'create table t (a int)'\n",
    "undo.sql": "drop table if exists t;\n",
}
KINDS = {
    "sql": "sql: {file: s.sql}",
    "parts": "sql: {file: s.sql, transaction: per_statement}",
    "psql": "psql: {file: p.sql}",
    "command": "command: {run: [sh, c.sh], files: [c.sh]}",
}
NAMED = {"sql": ("s.sql",), "parts": ("s.sql",), "psql": ("p.sql", "sub/two.sql", "sub/data.csv"), "command": ("c.sh",)}


def step(kind: str, more: str = "") -> str:
    prove = ", prove: {query: \"select to_regclass('t') is not null\", equals: t}"
    return f"          - {{id: {kind}, title: A, {KINDS[kind]}{prove}{more}, on_failure: continue}}\n"


def changed(ended: dict[str, Any], name: str) -> bool:
    """Whether it failed for this file, with nothing done."""
    data = ended["data"]
    said = (ended["type"], data.get("reason"), data.get("effect"), data["evidence"].get("file"))
    return said == ("step.failed", "plan_changed", "none", name)


def there(database: Database) -> bool:
    return bool(database.value("select to_regclass('t') is not null"))


@awaited
async def test_a_changed_file_is_not_executed(empty_database: Database, tmp_path: Path) -> None:
    """Whatever comes to it: the engine, psql, psql by an include, a COPY, a program."""
    async with Rig(tmp_path, empty_database, "".join(map(step, KINDS)), FILES) as rig:
        for kind, names in NAMED.items():
            for attempt, name in enumerate(names, 1):
                file = rig.paths.plan / name
                file.write_text("create table t (a int); create table planted ();\n")
                assert rig.do(Execute(step=kind) if attempt == 1 else Retry(step=kind)) is None
                assert changed(await rig.ended(kind, attempt), name)
                assert told_rows(trouble(rig.step(kind)))[:2] == [
                    "reason: a file of the frozen plan is not what was sealed, so nothing of it was executed",
                    f"file: '{name}' was changed.",
                ]
                file.write_text(FILES[name])
        assert not there(empty_database) and not rig.events("step.child", "tx.begin")
        # As it was sealed it is executed, by the same engine.
        assert rig.do(Retry(step="psql")) is None
        assert (await rig.ended("psql", 4))["type"] == "step.passed" and there(empty_database)


def _link(file: Path) -> None:
    file.rename(file.with_name("other"))
    file.symlink_to("other")


def _link_above(file: Path) -> None:
    file.parent.rename(file.parent.with_name("other"))
    file.parent.symlink_to("other")


def _pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


FAULTS: list[tuple[Callable[[Path], object], str]] = [
    (_link, "has become a link"), (_link_above, "has become a link"), (Path.unlink, "is missing"),
    (_pipe, "is not a regular file any more"), (lambda file: os.truncate(file, 3), "was changed"),
]  # fmt: skip


@awaited
async def test_nor_is_what_lies_in_its_place(empty_database: Database, tmp_path: Path) -> None:
    async with Rig(tmp_path, empty_database, step("psql"), FILES) as rig:
        for attempt, (fault, said) in enumerate(FAULTS, 1):
            sub = rig.paths.plan / "sub"
            fault(sub / "two.sql")
            assert rig.do(Execute(step="psql") if attempt == 1 else Retry(step="psql")) is None
            assert changed(await rig.ended("psql", attempt), "sub/two.sql")
            assert said in told_rows(trouble(rig.step("psql")))[1]
            if sub.is_symlink():
                sub.unlink()
                sub.with_name("other").rename(sub)
            (sub / "two.sql").unlink(missing_ok=True)
            (sub / "two.sql").write_text(FILES["sub/two.sql"])
        assert not there(empty_database)


@pytest.mark.unsaid(FailReason.PLAN_CHANGED, Fact.FILE)
@awaited
async def test_what_was_only_touched_is_no_other_file(empty_database: Database, tmp_path: Path) -> None:
    async with Rig(tmp_path, empty_database, step("psql"), FILES) as rig:
        for name in ("p.sql", "sub/two.sql"):
            file = rig.paths.plan / name
            file.unlink()
            file.write_text(FILES[name])
            os.utime(file, (0, 0))
        assert (await rig.execute("psql"))["type"] == "step.passed"
        assert FailReason.PLAN_CHANGED not in rig.said() and Fact.FILE not in rig.facts()


@awaited
async def test_what_takes_back_is_not_another_one_either(empty_database: Database, tmp_path: Path) -> None:
    async with Rig(tmp_path, empty_database, step("sql", ", undo: {psql: {file: undo.sql}}"), FILES) as rig:
        assert (await rig.execute("sql"))["type"] == "step.passed"
        (rig.paths.plan / "undo.sql").write_text("drop table t; create table planted ();")
        assert rig.do(Undo(step="sql", confirm="dev")) is None
        await rig.until(lambda: "undo.sql" in rig.recorder.state.steps, "it is being undone")
        assert changed(await rig.ended("undo.sql"), "undo.sql") and there(empty_database)
        (rig.paths.plan / "undo.sql").write_text(FILES["undo.sql"])
        assert rig.do(Retry(step="undo.sql", confirm="dev")) is None
        await rig.until(lambda: rig.step("undo.sql").status == "passed", "it is undone")
        assert not there(empty_database)


@awaited
async def test_what_is_put_there_while_it_runs_is_not_executed(empty_database: Database, tmp_path: Path) -> None:
    """By a program and by psql: both have begun when the file that they come to later is replaced."""
    with empty_database.connect() as connection:
        connection.execute("create table gate ()")
    files = {
        "s.sql": "lock table gate;\n\\ir late.sql\n", "late.sql": "create table sealed ();\n",
        "c.sh": "psql -Xq -c begin -c 'lock table gate' -f late.sql -c commit\n",
    }  # fmt: skip
    for kind in ("psql: {file: s.sql, lock_timeout: 20s}",
                 "command: {run: [sh, c.sh], files: [c.sh, late.sql], lock_timeout: 20s}"):  # fmt: skip
        steps = f"          - {{id: a, title: A, {kind}}}\n"
        async with Rig(tmp_path / kind[:4], empty_database, steps, files) as rig:
            with empty_database.connect() as other:
                other.execute("begin")
                other.execute("lock table gate")
                assert rig.do(Execute(step="a")) is None
                waiting = "select count(*) from pg_locks where not granted and relation = 'gate'::regclass"
                await rig.until(partial(empty_database.value, waiting), "it waits")
                (rig.paths.plan / "late.sql").write_text("create table planted ();\n")
                other.execute("rollback")
            assert (await rig.ended("a"))["type"] == "step.passed"
        assert empty_database.value("select to_regclass('sealed') is not null and to_regclass('planted') is null")
        with empty_database.connect() as connection:
            connection.execute("drop table sealed")


@awaited
async def test_what_is_linked_beside_the_plan_is_included_as_it_was_sealed(
    empty_database: Database, tmp_path: Path
) -> None:
    """Through a link to a directory and to a file, relative and absolute; neither leads anywhere any more."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "by_name").symlink_to("sub")
    (source / "by_path.sql").symlink_to(source / "by_name" / "one.sql")
    files = {
        "p.sql": "\\i by_name/one.sql\n\\i by_path.sql\n", "sub/one.sql": "\\ir more/two.sql\n",
        "sub/more/two.sql": "create table one ();\n", "more/two.sql": "create table two ();\n",
    }  # fmt: skip
    async with Rig(tmp_path, empty_database, "          - {id: a, title: A, psql: {file: p.sql}}\n", files) as rig:
        (source / "sub").rename(source / "gone")
        assert (await rig.execute("a"))["type"] == "step.passed"
    assert empty_database.value("select to_regclass('one') is not null and to_regclass('two') is not null")


LOOK = """
pwd; stat -c '%a %U' . ; find . -mindepth 1 -printf '%P %m\\n' | sort
./bin/own; cat data/d.txt; sha256sum --check --quiet SEAL && echo sealed
echo kept > "$VIRADA_ARTIFACTS/report"; echo lost > here
"""


@awaited
async def test_a_program_works_in_a_directory_of_its_own(empty_database: Database, tmp_path: Path) -> None:
    steps = "          - {id: a, title: A, command: {run: [sh, look.sh], files: [look.sh, bin/own, data/d.txt]}}\n"
    files = {"look.sh": LOOK, "bin/own": "#!/bin/sh\necho own\n", "data/d.txt": "data\n"}
    rig = Rig(tmp_path, empty_database, steps, files)
    (tmp_path / "source" / "bin" / "own").chmod(0o755)
    old = os.umask(0o077)
    try:
        async with rig:
            assert (await rig.execute("a"))["type"] == "step.passed"
            place, mode, *told = (rig.paths.output / "a.1").read_text().splitlines()
            assert mode.split()[0] == "700" and Path(place).is_relative_to(rig.paths.output)
            assert told == [
                "SEAL 600", "bin 700", "bin/own 700", "data 700", "data/d.txt 600", "look.sh 600", "plan.yaml 600",
                "own", "data", "sealed",
            ]  # fmt: skip
            assert not Path(place).parent.exists()
            assert (rig.paths.artifacts / "report").read_text() == "kept\n"
            # And nothing of it stands in the way of the next engine.
            await rig.take_up()
    finally:
        os.umask(old)


@pytest.mark.parametrize("own", [True, False])
@awaited
async def test_a_program_of_the_plan_is_named_by_where_it_lies(
    empty_database: Database, tmp_path: Path, own: bool
) -> None:
    steps = "          - {id: a, title: A, command: {run: [./bin/own, x], files: [bin/own]}}\n"
    rig = Rig(tmp_path, empty_database, steps, {"bin/own": "#!/bin/sh\necho own $1\n"})
    (tmp_path / "source" / "bin" / "own").chmod(0o755 if own else 0o644)
    async with rig:
        ended = await rig.execute("a")
        if own:
            assert ended["type"] == "step.passed" and (rig.paths.output / "a.1").read_text() == "own x\n"
        else:
            assert (ended["data"]["reason"], ended["data"]["effect"]) == ("not_started", "none")
            assert "./bin/own" in told(ended["data"]["evidence"]["error"])


LEAVES = """
mkdir -p closed/inner readonly/inner && touch readonly/inner/file closed/inner/file && mkfifo readonly/pipe
ln -s / root && chmod 000 closed/inner closed && chmod 500 readonly/inner readonly && chmod 500 . ..
test -e "$FLAG" || { touch "$FLAG"; exit 1; }
"""


@awaited
async def test_what_a_program_leaves_keeps_nothing_from_going_on(empty_database: Database, tmp_path: Path) -> None:
    steps = """
          - {id: a, title: A, command: {run: [sh, leaves.sh], files: [leaves.sh], environment: {FLAG: "${FLAG}"}}}
"""
    flag = str(tmp_path / "flag")
    async with Rig(tmp_path, empty_database, steps, {"leaves.sh": LEAVES}, FLAG=flag) as rig:
        assert (await rig.execute("a"))["data"]["reason"] == "exit_status"
        assert list(rig.paths.output.glob(".*.private")) == []
        assert rig.do(Retry(step="a")) is None
        assert (await rig.ended("a", 2))["type"] == "step.passed"
        assert list(rig.paths.output.glob(".*.private")) == []


@awaited
async def test_what_cannot_be_removed_keeps_nothing_from_going_on(
    empty_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a mount, or files that only another account may remove."""
    from tui.engine.drivers import child
    from tui.engine.programs import private_files

    for module in (child, private_files):
        monkeypatch.setattr(module, "remove", lambda _path: False)
    steps = "          - {id: a, title: A, command: {run: [sh, c.sh], files: [c.sh]}}"
    async with Rig(tmp_path, empty_database, steps, {"c.sh": "echo ran\n"}) as rig:
        left = rig.paths.output / ".a.1.private" / "work.1"
        (left / "c.sh").mkdir(parents=True)
        assert (await rig.execute("a"))["type"] == "step.passed"
        assert left.is_dir() and (rig.paths.output / "a.1").read_text() == "ran\n"


@awaited
async def test_without_room_for_its_files_a_program_does_not_start(
    empty_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tui.plan import sealed

    def full(_descriptor: int, _data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    async with Rig(tmp_path, empty_database, step("psql"), FILES) as rig:
        with monkeypatch.context() as patched:
            patched.setattr(sealed, "write_all", full)
            data = (await rig.execute("psql"))["data"]
        assert (data["reason"], data["effect"]) == ("not_started", "none") and "No space" in told(
            data["evidence"]["error"]
        )
        assert list(rig.paths.output.glob(".*.private")) == []
        assert rig.do(Retry(step="psql")) is None
        assert (await rig.ended("psql", 2))["type"] == "step.passed"


@awaited
async def test_a_program_that_outlives_its_engine_keeps_its_directory_until_its_fate(
    empty_database: Database, tmp_path: Path
) -> None:
    """What it still has to read is there; behind its end nothing is."""
    steps = """
          - {id: a, title: A, command: {run: [sh, c.sh], files: [c.sh]}, repeat: never}
          - {id: b, title: B, command: ["true"]}
"""
    async with Rig(tmp_path, empty_database, steps, {"c.sh": "true\n"}) as rig:
        await rig.execute("a")
        await rig.stop()
        places = {key: rig.paths.output / f".{key}.private" / "work.1" for key in ("a.1", "b.1", "undo.a.7")}
        for place in places.values():
            place.mkdir(parents=True)
        seen: dict[str, bool] = {}
        await rig.take_up(
            cut=lambda event: event["type"] == "step.child",
            before_it_runs=lambda: seen.update({key: place.exists() for key, place in places.items()}),
        )
        assert seen == {"a.1": True, "b.1": False, "undo.a.7": False}
        await rig.ended("a")
        await rig.until(lambda: not places["a.1"].parent.exists(), "it is gone")


@pytest.mark.unsaid(FateReason.PLAN_CHANGED)
@pytest.mark.parametrize("so", [True, False])
@awaited
async def test_a_fate_that_hangs_on_a_changed_file_is_not_guessed(
    empty_database: Database, tmp_path: Path, so: bool
) -> None:
    prepared(empty_database)
    with empty_database.connect() as connection:
        connection.execute("create procedure one() language sql as $$ insert into t values (-1) $$;")
    steps = outside("count(*) = 1 from t where a < 0", mode="script")
    async with Rig(tmp_path, empty_database, steps, {"s.sql": "call one();"}) as rig:
        assert (await rig.execute("s"))["type"] == "step.passed"
        file = rig.paths.plan / "s.sql"
        await rig.take_up(
            cut=lambda event: event["type"] == "tx.begin", policy=HEADLESS,
            before_it_runs=lambda: file.write_text("call two();" if so else "call one();"),
        )  # fmt: skip
        await rig.until(lambda: rig.step("s").status in ("undecided", "passed"), "its fate is decided")
        assert fates(rig) == [("undecided", "plan_changed") if so else ("applied", "proved")]
        if so:
            assert told_rows(trouble(rig.step("s")))[:2] == [
                "reason: a file of the frozen plan that it is judged by is not what was sealed",
                "file: 's.sql' was changed.",
            ]


@awaited
async def test_a_run_does_not_open_over_another_plan(empty_database: Database, tmp_path: Path) -> None:
    """Between freezing and the engine's first look."""
    from tui.engine.process.main import CannotStart

    rig = Rig(tmp_path, empty_database, step("sql"), FILES)
    froze = rig._frozen

    def then_it_changes() -> tuple[str, str]:
        sealed = froze()
        (rig.paths.plan / "plan.yaml").write_text("virada: 1\n")
        return sealed

    rig._frozen = then_it_changes  # type: ignore[method-assign]
    with pytest.raises(CannotStart, match=r"'plan\.yaml' was changed"):
        await rig.__aenter__()
    assert not rig.paths.journal.exists()
