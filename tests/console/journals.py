"""Journals as an engine writes them, made by hand: realistic plans, runs and situations for the console's tests.

A `Story` appends events with a clock of its own, chained as the format asks, so that every reader accepts them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tui.console.input.keymap import Keymap
from tui.journal import events as e
from tui.journal.line import GENESIS, Line, digest, encode, encode_data
from tui.plan.model import Action, Guard, Member, Phase, Plan, Proof, RollbackPlan, Section, Step, Target, Trigger
from tui.run.fold import fold_all
from tui.run.state import RunState
from tui.runs.paths import RunPaths

RUN = "20261205T235500Z-7f3a"
ANA, BRUNO = "ana@jump1", "bruno@jump1"
KEYS = Keymap().names
"""The keys as shipped, as pictures name them."""
OPENS = datetime(2026, 12, 6, 1, 0, tzinfo=UTC)
"""22:00 in São Paulo; runs open five minutes before."""

FILES = {
    "migration.sql": "alter table app.orders add column region text;\n"
    "comment on column app.orders.region is 'two letters, lower case';\n"
    "grant select (region) on app.orders to app_user;\n"
}
"""The plan's files, frozen beside the journal."""


def step(id: str, title: str, kind: str = "query", **more: Any) -> Step:
    spec = more.pop("spec", None)
    if spec is None:
        spec = {"query": {"sql": "select count(*) from app.orders where region is null", "equals": 0}, "sign": {}}.get(
            kind, {}
        )
    return Step(id=id, title=title, kind=kind, spec=spec, **more)


def plan(environment: str = "production") -> Plan:
    """The seed's plan, shortened."""
    undo = Action(kind="sql", spec={"text": "alter table app.orders drop column region", "transaction": "single"})
    migration = Section(
        title="Migração",
        estimate=180.0,
        steps=(
            step(
                "migrate", "Executar script de migração", "sql", role="DBA", milestone=600.0, estimate=120.0,
                confirm="typed", undo=undo,
                spec={"file": "migration.sql", "transaction": "single", "lock_timeout": 0.5},
                as_="app_owner",
                prove=Proof(query="select count(*) from pg_attribute where attname = 'region'", equals=1),
            ),
            step("follow-log", "Monitorar logs em tempo real", "monitor", role="DevOps", spec={"log": "server"},
                 with_="migrate"),
            step("backfill", "Preencher a região dos pedidos em lotes", "batch", role="DBA", estimate=60.0,
                 spec={"sql": "update app.orders set region = 'sa' where region is null limit 500"},
                 undo=Action(kind="sql", spec={"text": "update app.orders set region = null"})),
            step("warnings", "Documentar qualquer erro ou aviso", "sign", role="DBA",
                 spec={"text": "Todo erro e aviso está anotado.", "expect": "O que se viu"}),
        ),
    )  # fmt: skip
    return Plan(
        name="Plano de Execução em Produção",
        locale="pt_BR",
        targets={environment: Target(environment=environment, service="app")},  # type: ignore[arg-type]
        team=(
            Member(role="DBA", name="Ana Souza", contact="+55 11 5550-0101", duty="Responsável pela migração"),
            Member(role="DevOps", name="Bruno Lima", contact="#mudancas", duty="Monitoramento"),
        ),
        success=(
            Guard(metric="response_time", below=0.1, for_=30.0),
            Guard(metric="cpu", below=0.7, for_=60.0),
            Guard(metric="connections", below=0.9),
            Guard(metric="critical_errors", equals=0.0),
        ),
        phases=(
            Phase(
                title="Preparação",
                sections=(
                    Section(
                        title="Verificações Técnicas",
                        estimate=30.0,
                        steps=(
                            step("disk", "Confirmar espaço em disco suficiente (2x o banco)", "check", role="DBA",
                                 estimate=2.0),
                            step("access", "Validar acesso ao banco de dados", "check", role="DBA", estimate=1.0),
                            step("tell-users", "Informar usuários sobre a manutenção", "sign", role="DevOps"),
                        ),
                    ),
                ),
            ),
            Phase(
                title="Execução",
                starts=0.0,
                sections=(
                    Section(
                        title="Backup",
                        estimate=600.0,
                        steps=(
                            step("backup", "Executar backup completo", "backup", role="DBA", milestone=0.0,
                                 estimate=300.0, spec={"directory": "/backup", "format": "custom"}),
                            step("verify-backup", "Verificar integridade do backup", "verify_backup", role="DBA",
                                 estimate=60.0, spec={"of": "backup"}),
                        ),
                    ),
                    migration,
                    Section(
                        title="Verificação",
                        steps=(
                            step("verify", "Verificar consistência dos dados", role="DBA", milestone=780.0,
                                 estimate=30.0, on_failure="propose_rollback"),
                            step("rls", "Confirmar políticas de RLS", role="QA", estimate=10.0),
                        ),
                    ),
                ),
            ),
        ),
        rollback=RollbackPlan(
            triggers=(Trigger(title="Inconsistências nos dados", step="verify"),),
            phases=(
                Phase(
                    title="Rollback",
                    sections=(
                        Section(
                            title="Decidir",
                            steps=(step("rb-tell", "Notificar equipe e usuários", "sign", role="DevOps"),),
                        ),
                        Section(title="Desfazer", estimate=240.0, undo_applied=True),
                        Section(title="Verificar", steps=(step("rb-check", "Verificar restauração", role="DBA"),)),
                    ),
                ),
            ),
        ),
    )  # fmt: skip


def long_plan(count: int) -> Plan:
    """A plan of many steps, a hundred a section."""
    steps = [step(f"s{n}", f"Step number {n} of a very long plan", "query", estimate=1.0) for n in range(count)]
    sections = [
        Section(title=f"Section {n // 100}", steps=tuple(steps[n : n + 100])) for n in range(0, count, 100)
    ]  # fmt: skip
    return Plan(
        name="Long", phases=(Phase(title="All of it", sections=tuple(sections)),),
        targets={"staging": Target(environment="staging", service="app")},
    )  # fmt: skip


def session(pid: int, side: str, **more: Any) -> dict[str, Any]:
    """A session of a lock tree, as the engine journals it."""
    found: dict[str, Any] = {
        "pid": pid, "side": side, "depth": 0 if side == "ours" else 1, "waits_for": [], "application": "app",
        "user": "app_user", "database": "app", "state": "", "wait_event": "", "query": "", "state_age_s": None,
        "transaction_age_s": None, "waiting_s": None, "wanted": "", "held": [],
    }  # fmt: skip
    return found | more


class Story:
    """A run being told: events with a clock, folded and encoded on demand. `start`: the wall clock at opening."""

    def __init__(
        self, of: Plan | None = None, *, environment: str = "production", start: datetime | None = None,
        window: bool = True, **opened: Any,
    ) -> None:  # fmt: skip
        self.lines: list[Line] = []
        self.raw: list[bytes] = []
        self.mono = 0.0
        self.start = start or OPENS - timedelta(minutes=5)
        opens = self.start + timedelta(minutes=5)
        self._written = 0
        self.opens = opens
        found = None
        if window:
            found = e.OpenWindow(
                opens=_text(opens), closes=_text(opens + timedelta(minutes=60)), duration_s=2700.0, buffer_s=900.0,
                timezone="America/Sao_Paulo",
            )  # fmt: skip
        self.add(
            e.RunOpened(
                id=RUN, plan=of or plan(environment), seal="0" * 64, work="1" * 64, target=environment,
                environment=environment, window=found,
                **{"durations": {"backup": 280.0, "migrate": 95.0}, "rollback_s": 240.0, **opened},
            ),
            by=ANA,
        )  # fmt: skip

    def add(self, event: e.Event, *, after: float = 0.0, by: str = "engine") -> Story:
        """One more event, `after` seconds later."""
        return self.add_raw(event.TYPE, event, after=after, by=by)

    def add_raw(self, type: str, data: Any, *, after: float = 0.0, by: str = "engine") -> Story:
        self.mono += after
        at = _text(self.start + timedelta(seconds=self.mono))
        prev = digest(self.raw[-1]) if self.raw else GENESIS
        line = Line(
            v=1, seq=len(self.lines), at=at, mono=self.mono, type=type, by=by, data=encode_data(data), prev=prev
        )
        self.lines.append(line)
        self.raw.append(encode(line))
        return self

    def state(self) -> RunState:
        return fold_all(self.lines)

    def save(self, directory: Path) -> RunPaths:
        """Into a run's directory, or what is new at the end of the journal there."""
        directory.mkdir(parents=True, exist_ok=True)
        paths = RunPaths(directory)
        for name in ("plan", "output"):
            (directory / name).mkdir(exist_ok=True)
        for name, text in FILES.items():
            (paths.plan / name).write_text(text, encoding="utf-8")
        with paths.journal.open("ab") as file:
            file.write(b"".join(raw + b"\n" for raw in self.raw[self._written :]))
        self._written = len(self.raw)
        return paths

    # -- what often happens

    def helm(self, person: str = ANA) -> Story:
        return self.add(e.HelmTaken(person=person, account=person.partition("@")[0]), by=person)

    def begin(self, id: str, attempt: int = 1, *, after: float = 1.0, by: str = ANA) -> Story:
        return self.add(e.StepStarted(step=id, attempt=attempt), after=after, by=by)

    def passes(self, id: str, *, took: float = 2.0, attempt: int = 1, effect: Any = "none", **evidence: Any) -> Story:
        """Begun and passed."""
        self.begin(id, attempt)
        event = e.StepPassed(step=id, attempt=attempt, evidence=evidence or {"rows": [[0]]}, effect=effect)
        return self.add(event, after=took)

    def signs(self, id: str, note: str = "feito", person: str = ANA) -> Story:
        event = e.StepSigned(step=id, attempt=1, note=note, person=person, evidence={"signed_by": person, "note": note})
        return self.add(event, after=3.0, by=person)

    def sample(self, after: float = 1.0, **values: float) -> Story:
        n = len(self.lines)
        found = {
            "response_time": 0.03 + (n * 7 % 11) / 400, "cpu": 0.3 + (n * 5 % 13) / 60, "connections": 0.22,
            "critical_errors": 0.0, "tps": 812.0 + n * 13 % 97, "active_sessions": float(n % 5), "wal_rate": 3.2e6,
        }  # fmt: skip
        found.update(values)
        return self.add(e.MetricsSampled(values=found, sources=dict.fromkeys(found, "db1")), after=after)

    def output(self, id: str, *texts: str, attempt: int = 1) -> Story:
        return self.add(e.StepOutput(step=id, attempt=attempt, text="\n".join(texts)), after=0.05)


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def prepared(**more: Any) -> Story:
    """Up to the opening of the window: preparation done, the backup is next."""
    story = Story(**more).helm().sample()
    story.passes("disk", free="212 GB", needed="88 GB").passes("access").sample()
    story.signs("tell-users", "Aviso enviado às 21:40")
    return story.sample(after=max(0.0, 300.0 - story.mono))


def backing_up(**more: Any) -> Story:
    """The backup runs."""
    story = prepared(**more).begin("backup")
    for n in range(20):
        story.sample()
        story.output("backup", f'pg_dump: dumping contents of table "app.t{n}"')
        story.add(e.StepProgress(step="backup", attempt=1, done=n * 5.2e8, total=4.4e10, unit="bytes"))
    return story


def migrating(**more: Any) -> Story:
    """The migration runs and waits for a lock."""
    story = prepared(**more).passes(
        "backup", took=281.0, path="/backup/app.dump", bytes=4_400_000_000, sha256="ab" * 32
    )
    story.add(
        e.BackupRecorded(
            step="backup", attempt=1, path="/backup/app.dump", format="custom", bytes=4_400_000_000, sha256="ab" * 32
        )
    )
    story.passes("verify-backup", took=52.0, level="decode").begin("migrate", after=20.0)
    story.add(e.StepStarted(step="follow-log", attempt=1, companion_of="migrate"))
    story.output("migrate", "BEGIN", "SET", 'NOTICE:  column "region" of relation "orders" is added')
    for _n in range(14):
        story.sample()
    story.add(
        e.StepWaiting(
            step="migrate", attempt=1, reason="lock",
            facts={
                "ours": [
                    session(881, "ours", waits_for=[4711], wanted="AccessExclusiveLock app.orders", state="active")
                ],
                "blockers": [
                    session(4711, "blocks_us", application="psql", user="report", state="idle in transaction",
                            state_age_s=190.0, held=["AccessShareLock app.orders"], query="select * from app.orders")
                ],
                "blocked": [session(n, "blocked_by_us", waits_for=[881], state="active") for n in (901, 902, 903)],
                "blocked_count": 3,
            },
        )
    )  # fmt: skip
    return story.sample().sample()


def migrated(**more: Any) -> Story:
    """Migration and backfill are applied; the verification is next."""
    story = migrating(**more).add(e.StepWaiting(step="migrate", attempt=1))
    story.add(e.TxBegin(step="migrate", attempt=1, witness={"xid": "771"}))
    story.add(e.TxCommitSent(step="migrate", attempt=1)).add(e.TxCommitted(step="migrate", attempt=1, rows=0))
    evidence = {"statements": 4, "commit": {"xid": "771", "protection": "ledger"}}
    story.add(e.StepPassed(step="migrate", attempt=1, evidence=evidence, effect="all"), after=3.0)
    story.add(e.StepCancelled(step="follow-log", attempt=1, reason="host_ended"))
    story.begin("backfill")
    for _n in range(43):
        story.sample()
    event = e.StepPassed(step="backfill", attempt=1, evidence={"rows": 40_000}, effect="all")
    return story.add(event, after=1.0).signs("warnings", "Nenhum aviso").sample()


def failed(**more: Any) -> Story:
    """The verification fails: a breach, an error, rollback is proposed."""
    story = migrated(**more).begin("verify")
    story.output("verify", "ERROR:  division by zero", "count | 12")
    story.add(
        e.StepFailed(step="verify", attempt=1, reason="not_as_expected", sqlstate="22012",
                     message="12 rows have no region",
                     evidence={"expected": 0, "rows": [[12]]})
    )  # fmt: skip
    story.add(e.ErrorRecorded(id="E1", text="12 rows have no region", step="verify", attempt=1, sqlstate="22012"))
    story.sample(response_time=0.31).sample(response_time=0.33)
    story.add(e.GuardBreached(metric="response_time", value=0.33, limit=0.1, source="db1", since=story.mono - 31))
    story.add(e.TriggerFired(title="Inconsistências nos dados", reason="step_failed", step="verify"))
    return story.sample(response_time=0.34)


def rolled_back(**more: Any) -> Story:
    """Everything was taken back and the run is closed."""
    story = failed(**more)
    story.add(e.RollbackStarted(reason="doze linhas sem região", undo=("backfill", "migrate")), by=ANA, after=40.0)
    story.signs("rb-tell", "Avisados", BRUNO)
    for undone in ("backfill", "migrate"):
        story.add(e.StepStarted(step=f"undo.{undone}", attempt=1, undoes=undone), after=1.0)
        story.add(e.StepPassed(step=f"undo.{undone}", attempt=1, effect="all"), after=9.0)
        story.add(e.StepUndone(step=undone, attempt=1, by_step=f"undo.{undone}"))
    story.passes("rb-check").add(e.RollbackFinished(outcome="rolled_back", duration_s=61.0))
    return story.add(e.RunClosed(outcome="rolled_back"), after=5.0)


STORIES = {
    "prepared": prepared, "backing_up": backing_up, "migrating": migrating, "migrated": migrated, "failed": failed,
    "rolled_back": rolled_back,
}  # fmt: skip
