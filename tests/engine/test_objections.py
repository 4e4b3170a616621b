"""For every code that `check --on` calls an error: `check` says it, `run` refuses it with 5 and names it, and opens in
spite of it where that is asked for, which is journaled. A code without a situation here fails.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig, _programs
from tests.pgbouncer import pgbouncer
from tests.postgres_server import Database
from tui.engine.preflight import metrics
from tui.engine.preflight import preflight as looked
from tui.engine.process import main
from tui.engine.process.launch import OpeningOrder, _positions
from tui.engine.programs import client_tools
from tui.engine.target.access import TargetAccess
from tui.journal.codes import NEVER_IN_SPITE, Objection
from tui.journal.events import RunOpened
from tui.plan import extras
from tui.plan.freeze import freeze
from tui.plan.loader import Loaded, load
from tui.postgres.conninfo.resolve import without_service_variable
from tui.postgres.sample import Replica
from tui.postgres.sample import sample as taken
from tui.run.commands import Sign
from tui.runs.paths import RunPaths
from tui.steps.registry import KINDS

pytestmark = pytest.mark.postgres

PLAN = """
virada: 1
name: Objected
targets: {{here: {{environment: {environment}, dsn: "${{THE_DSN}}", server_log: none{target}}}}}
success: {success}
phases:
  - title: Change
    sections:
      - title: Change
        steps:
{steps}
"""
ASK = "query: {sql: select 1, equals: 1}"
BACKUP = "backup: {directory: %s}"
WATCH = "monitor: {guards: true, for: 1s}"


class Scene:
    """A plan and its surroundings, in which one thing is wrong."""

    def __init__(self, home: Path, database: Database, patch: pytest.MonkeyPatch) -> None:
        self.home = home
        self.database = database
        self.patch = patch
        self.dsn = database.dsn
        self.steps = [ASK]
        self.success = "[]"
        self.target = ""
        self.environment = "development"
        self.variables = {"PATH": f"{_programs(home, database)}:/usr/bin:/bin"}
        self.files: dict[str, str] = {}
        self.roles: list[str] = []
        self.create_ledger = False

    def role(self, name: str, what: str = "login") -> str:
        """A role of this test's own."""
        made = f"{name}_{self.database.name}"
        with self.database.connect() as session:
            session.execute(f'create role "{made}" {what}'.encode())
        self.roles.append(made)
        return made

    def restricted(self) -> None:
        """Who logs in is no superuser."""
        self.dsn = self.database.server.dsn(self.database.name, self.role("restricted"))

    def without_programs(self, name: str, said: str | None) -> None:
        """Of `name` there is none, or one that says so of itself."""
        self.patch.setattr(client_tools, "_PLACES", ())
        place = self.home / "programs"
        place.mkdir()
        if said is not None:
            (place / name).write_text(f"#!/bin/sh\necho '{said}'\n")
            (place / name).chmod(0o755)
        self.variables["PATH"] = str(place)

    def load(self) -> Loaded:
        steps = "\n".join(f"          - {{id: s{n}, title: Step {n}, {step}}}" for n, step in enumerate(self.steps))
        text = PLAN.format(environment=self.environment, target=self.target, success=self.success, steps=steps)
        (self.home / "plan.yaml").write_text(text)
        for name, content in self.files.items():
            (self.home / name).write_text(content)
        loaded = load(self.home / "plan.yaml", KINDS)
        assert loaded.plan is not None, loaded.problems
        return loaded

    @property
    def around(self) -> dict[str, str]:
        return {"THE_DSN": self.dsn, "HOME": str(self.home), **self.variables}

    def checked(self) -> set[str]:
        """The codes of the errors that `check --on` says."""
        problems = looked.preflight(self.load(), self.home / "plan.yaml", "here", self.around, self.create_ledger)
        return {problem.code for problem in problems if problem.level == "error"}

    def opened(self, *despite: str) -> main._Answer:
        """What the target answers a run that opens. Raises CannotStart."""
        loaded = self.load()
        assert loaded.plan is not None
        paths = RunPaths(self.home / f"run{len(list(self.home.glob('run*')))}")
        paths.directory.mkdir()
        frozen = freeze(loaded, self.home / "plan.yaml", paths.plan)
        opened = RunOpened(
            id=paths.directory.name, plan=loaded.plan, seal=frozen.seal, work=frozen.work, target="here",
            environment=self.environment, despite=despite,
        )  # fmt: skip
        opening = OpeningOrder(
            opened=opened, by="ana@test", source=str(self.home / "plan.yaml"), positions=_positions(loaded)
        )

        async def ask() -> main._Answer:
            target = TargetAccess(opened.id, opened.plan.targets["here"], self.around)
            try:
                with without_service_variable():
                    return await main._ask(target, opening, paths.plan, self.around)
            finally:
                await target.close()

        return asyncio.run(ask())


def _no_member(scene: Scene) -> None:
    scene.restricted()
    scene.steps = [f"as: {scene.role('other', 'nologin')}, {ASK}"]


def _no_createdb(scene: Scene) -> None:
    scene.restricted()
    scene.steps = [BACKUP % scene.home, "verify_backup: {of: s0, level: restore}"]


def _no_channel(scene: Scene) -> None:
    """Another target has it."""
    channels = ", channels: {team: '${TEAM_URL}'}"
    scene.target = "}, there: {environment: staging, service: x" + channels
    scene.variables["TEAM_URL"] = "json://127.0.0.1/"
    scene.steps = ["notify: {channel: team, text: x}"]


def _no_extra(scene: Scene) -> None:
    """One that is older than what can be used; `test_telling` has one that is not there."""
    scene.target = ", channels: {team: '${TEAM_URL}'}"
    scene.variables["TEAM_URL"] = "json://127.0.0.1/"
    scene.steps = ["notify: {channel: team, text: x}"]
    scene.patch.setattr(extras, "EXTRAS", {"notify": ("apprise", "99")})


def _lag_unknown(scene: Scene) -> None:
    """What a role without pg_monitor sees of a replica (`test_preflight_metrics` has a real one)."""
    hidden = Replica(pid=1, name="r", lag_s=None, lag_bytes=None, replayed="", since=0.0, hidden=True)

    async def sample(session: Any, previous: Any) -> Any:
        return msgspec.structs.replace(await taken(session, previous), replicas=(hidden,))

    scene.patch.setattr(metrics, "sample", sample)
    scene.steps = ["batch: {sql: update t set a = 1 where a = 0, max_lag: 1s}"]


def _standby(scene: Scene) -> None:
    """What a standby says of itself."""
    look = looked.server_problems

    def server_problems(found: Any, access: Any, plan: Any) -> None:
        standing_by = msgspec.structs.replace(access.identity, in_recovery=True)
        look(found, SimpleNamespace(identity=standing_by), plan)  # type: ignore[arg-type]

    scene.patch.setattr(looked, "server_problems", server_problems)


def _foreign_ledger(scene: Scene) -> None:
    with scene.database.connect() as session:
        session.execute(b"create schema virada")
        session.execute(b"create table virada.ledger (n int)")
    scene.create_ledger = True


def _keyless(scene: Scene) -> None:
    with scene.database.connect() as session:
        session.execute(b"create table t (id int)")
    scene.steps = ["batch: {table: t, set: id = 1}"]


def _said(**values: Any) -> Callable[[Scene], None]:
    """A situation that is only a matter of what the plan says."""

    def set_(scene: Scene) -> None:
        for name, value in values.items():
            setattr(scene, name, value)

    return set_


def _dumped_by(said: str | None) -> Callable[[Scene], None]:
    """A backup, by a pg_dump that says so of itself, or by none."""

    def set_(scene: Scene) -> None:
        scene.steps = [BACKUP % "/tmp"]
        scene.without_programs("pg_dump", said)

    return set_


SITUATIONS: dict[Objection, Callable[[Scene], None]] = {
    Objection.LAG_UNKNOWN: _lag_unknown,
    Objection.LEDGER: _foreign_ledger,
    Objection.LOG_NOT_MEASURED: _said(steps=["monitor: {log: server, for: 1s}"]),
    Objection.NO_CHANNEL: _no_channel,
    Objection.NO_CREATEDB: _no_createdb,
    Objection.NO_DIRECTORY: _said(steps=[BACKUP % "/etc/hostname/backups"]),
    Objection.NO_EXTRA: _no_extra,
    Objection.NO_MEMBER: _no_member,
    Objection.NO_PROGRAM: _dumped_by(None),
    Objection.NO_REHEARSAL: _said(environment="production", target=", rehearsal: required"),
    Objection.NO_ROLE: _said(steps=[f"as: nobody_here, {ASK}"]),
    Objection.NO_ROOM: _said(steps=["backup: {directory: /tmp, space: 999999TB}"]),
    Objection.NO_STANDBY: _said(steps=["backup: {directory: /tmp, from: nowhere}"]),
    Objection.NO_VARIABLE: _said(steps=[BACKUP % '"${NOT_SET_HERE}/b"']),
    Objection.NOTHING_MEASURED: _said(success="[{metric: response_time, below: 1s}]", steps=[WATCH]),
    Objection.OLD_PROGRAM: _dumped_by("pg_dump (PostgreSQL) 9.6"),
    Objection.PLACEHOLDER: _said(steps=[ASK.replace("select 1", '"TODO"')]),
    Objection.SERVER_VERSION: lambda scene: scene.patch.setattr(looked, "OLDEST", 99),
    Objection.STANDBY: _standby,
    Objection.STEP_WOULD_FAIL: _keyless,
    Objection.TARGET_UNREACHABLE: _said(dsn="host=127.0.0.1 port=1 dbname=x"),
    Objection.WINDOW_PAST: _said(target=', window: {opens: "2020-01-04T22:00", duration: 45m}'),
}  # fmt: skip
"""What is made wrong for each; `pooler` has a test of its own."""
ONLY_CHECK = frozenset({Objection.LEDGER})
"""Said by `check --create-ledger` alone: a run makes none."""


@pytest.fixture
def scene(tmp_path: Path, empty_database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setenv("VIRADA_HOME", str(tmp_path / "home"))
    made = Scene(tmp_path, empty_database, monkeypatch)
    yield made
    with empty_database.connect() as session:
        for role in made.roles:
            session.execute(f'drop role "{role}"'.encode())


def test_every_code_has_a_situation() -> None:
    # Another run has its tests in test_admission.py.
    assert set(Objection) - {Objection.POOLER, Objection.OTHER_RUN} == SITUATIONS.keys()


def test_what_is_right_is_opened(scene: Scene) -> None:
    assert scene.checked() == set()
    answer = scene.opened(*sorted(set(Objection) - NEVER_IN_SPITE))
    assert answer.despite == () and answer.unmeasured == ()


@pytest.mark.parametrize("code", SITUATIONS)
def test_what_check_finds_run_refuses(scene: Scene, code: Objection) -> None:
    SITUATIONS[code](scene)
    objected(scene, code)


def test_a_pooler(scene: Scene) -> None:
    account = scene.database.server.account
    name = account.name if account.switch else None
    place = Path(scene.database.server.socket)
    with pgbouncer(place, f"host={place} port=5432 user=postgres", name, "transaction", 4) as dsn:
        scene.dsn = f"{dsn} dbname={scene.database.name}"
        scene.steps = ["sql: create table made ()"]
        objected(scene, Objection.POOLER)


def objected(scene: Scene, code: Objection) -> None:
    """`check` and `run` agree, and what a person says about it counts."""
    found = scene.checked()
    assert found == {code}
    if code in ONLY_CHECK:
        assert scene.opened().despite == ()
        return
    with pytest.raises(main.CannotStart) as refused:
        scene.opened(*sorted(set(Objection) - {code}))
    told = str(refused.value)
    assert refused.value.exit_code == 5 and f" error {code} " in told and "Nothing was started." in told
    if code in NEVER_IN_SPITE:
        assert "--despite" not in told
        with pytest.raises(main.CannotStart):
            scene.opened(code)
        return
    assert told.endswith(f"--despite {code}")
    answer = scene.opened(code)
    assert answer.despite == (code,) and any(f" error {code} " in str(line) for line in answer.told)


PERSONA = "rls: {{tables: [a.b], personas: [{{name: p, role: {}, sees: {{a.b: nothing}}}}]}}"


@pytest.mark.parametrize("of", ["as: {}, query: {{sql: select 1, equals: 1}}", PERSONA])
def test_a_member_that_may_not_set_its_role_is_none(scene: Scene, of: str) -> None:
    scene.restricted()
    role = scene.role("other", "nologin")
    scene.steps = [of.format(role)]
    assert scene.checked() == {Objection.NO_MEMBER}
    with scene.database.connect() as session:
        session.execute(f'grant "{role}" to "{scene.roles[0]}"'.encode())
        assert scene.checked() == set()
        if session.info.server_version >= 160000:
            session.execute(f'grant "{role}" to "{scene.roles[0]}" with set false'.encode())
            assert scene.checked() == {Objection.NO_MEMBER}
    scene.steps = [of.format("nobody_here")]
    assert scene.checked() == {Objection.NO_ROLE}


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ((0.6,), None),
        ((0.6, 0.6), Objection.NO_ROOM),
        ((0.2, 0.2), None),
        ((1.5,), Objection.NO_ROOM),
    ],
)
def test_backups_that_go_to_one_place_need_room_together(
    scene: Scene, parts: tuple[float, ...], code: Objection | None
) -> None:
    free = shutil.disk_usage(scene.home).free
    scene.steps = [
        f"backup: {{directory: {scene.home}/b{n}, space: {int(free * part)}B}}" for n, part in enumerate(parts)
    ]
    assert scene.checked() == (set() if code is None else {code})


@pytest.mark.parametrize(
    ("directory", "space", "code"),
    [
        ("backups", "auto", Objection.NO_DIRECTORY),
        ("backups", "skip", Objection.NO_DIRECTORY),
        ("/etc/hostname/b", "skip", None),
        ("/tmp/not/there/yet", "auto", None),
    ],
)
def test_where_a_backup_goes(scene: Scene, directory: str, space: str, code: Objection | None) -> None:
    scene.steps = [f"backup: {{directory: {directory}, space: {space}}}"]
    assert scene.checked() == (set() if code is None else {code})


@awaited
async def test_what_has_begun_is_gone_on_with_whatever_is_found(empty_database: Database, tmp_path: Path) -> None:
    """As by `continue`: what is applied must be able to be taken back, so nothing of it is refused; a step fails by
    itself."""
    role = f"gone_{empty_database.name}"
    with empty_database.connect() as session:
        session.execute(f'create role "{role}"'.encode())
    steps = f"""
          - {{id: go, title: Go, sign: true}}
          - {{id: ask, title: Ask, as: {role}, {ASK}}}
"""
    async with Rig(tmp_path / "one", empty_database, steps, checked=True) as rig:
        await rig.stop()
        with empty_database.connect() as session:
            session.execute(f'drop role "{role}"'.encode())
        with pytest.raises(main.CannotStart) as refused:
            await Rig(tmp_path / "two", empty_database, steps, checked=True).__aenter__()
        assert refused.value.exit_code == 5 and "no-role" in str(refused.value)
        await rig.take_up()
        assert rig.do(Sign(step="go", note="go")) is None
        assert (await rig.execute("ask"))["type"] == "step.failed"
