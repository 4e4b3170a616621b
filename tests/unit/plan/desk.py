"""A small language of steps, a plan that uses all of it, and a desk on which plans are written and loaded."""

from __future__ import annotations

import random
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from tui.plan.kinds import Finding, Kind, Lint
from tui.plan.loader import Loaded, load
from tui.plan.scalars import Duration, File
from tui.steps.context import Context
from tui.steps.effects import Effect, Outcome, Passed


class Sign(Struct, frozen=True):
    text: str = ""


class Sql(Struct, frozen=True, kw_only=True):
    file: File | None = None
    text: str | None = None
    transaction: Literal["single", "per_statement", "script"] = "single"
    lock_timeout: Duration = 0.5
    retries: int = 8


class Command(Struct, frozen=True, kw_only=True):
    run: str | tuple[str, ...]
    environment: dict[str, str] = {}
    inputs: tuple[File, ...] = ()


class Psql(Struct, frozen=True, kw_only=True):
    file: File


class Monitor(Struct, frozen=True, kw_only=True):
    log: str | None = None
    level: float = 1.0


def _execute(context: Context, spec: Any) -> Generator[Effect, Any, Outcome]:
    yield from ()
    return Passed()


def _lint_sql(lint: Lint) -> Iterable[Finding]:
    spec: Sql = lint.spec
    if (spec.file is None) == (spec.text is None):
        yield Finding(code="sql-source")
    if spec.retries > 100:
        yield Finding(code="sql-retries", key="retries")
    if spec.file is not None:
        for number, line in enumerate(lint.read(spec.file).splitlines(), 1):
            if "commit" in line and not lint.is_undo:
                yield Finding(code="sql-commit", file=spec.file, line=number)


_TEXTS = {
    "sql-source": "Name a file or write a text.", "sql-retries": "That is too often.",
    "sql-commit": "No transaction control.",
}  # fmt: skip


def _kinds(*kinds: Kind) -> dict[str, Kind]:
    return {kind.name: kind for kind in kinds}


KINDS = _kinds(
    Kind(name="sign", spec=Sign, execute=_execute, signed=True, roleless=True, short="text"),
    Kind(
        name="sql",
        spec=Sql,
        execute=_execute,
        fence="statements",
        changes=True,
        window="always",
        short="text",
        texts=_TEXTS,
        lint=_lint_sql,
    ),
    Kind(
        name="command",
        spec=Command,
        execute=_execute,
        fence="child",
        window="unless_said",
        short="run",
        arguments=("run",),
    ),
    Kind(name="psql", spec=Psql, execute=_execute, fence="child", changes=True, window="always"),
    Kind(name="monitor", spec=Monitor, execute=_execute, roleless=True),
)

PLAN = """\
virada: 1
name: Plano de Execução em Produção
locale: pt_BR
targets:
  staging:
    environment: staging
    dsn: "${STAGING_URL}"
  production:
    environment: production
    service: app-prod
    host: [{node_exporter: "http://db1:9100/metrics"}, {ssh: db1}]
    server_log: auto
    window: {opens: "2026-12-05T22:00", timezone: America/Sao_Paulo, duration: 45m, buffer: 15m}
team:
  - {role: DBA, name: Ana, contact: "ana@example.org", duty: Responsável pela migração}
  - {role: QA}
canary: {sql: "select 1", every: 1s}
success:
  - {metric: response_time, below: 100ms, for: 30s}
  - {metric: cpu, below: 70%, for: 60s, except: [dump]}
  - {metric: critical_errors, equals: 0}
phases:
  - title: Preparação
    starts: T-30m
    sections:
      - title: Verificações
        parallel: true
        steps:
          - id: tell
            title: Informar usuários
            role: DBA
            sign: true
          - id: read
            title: Ler o plano
            needs: [tell]
            sign: "Li o plano."
  - title: Execução
    sections:
      - title: Migração
        estimate: 3m
        steps:
          - id: dump
            title: Executar backup
            estimate: 1h30m
            command: [pg_dump, -Fc]
          - id: migrate
            title: Executar script de migração
            milestone: T+10m
            role: DBA
            as: app_owner
            needs: [dump]
            sql: {file: migration.sql, transaction: single, lock_timeout: 500ms}
            prove: {query: "select 1", equals: 1}
            undo: {sql: {file: rollback.sql}}
            cleanup: {sql: "drop index leftover"}
            on_failure: propose_rollback
          - id: follow
            title: Monitorar logs
            with: migrate
            monitor: {log: server}
rollback:
  triggers:
    - {title: Erros críticos, guard: critical_errors}
    - {title: Migração falhou, step: migrate}
    - {title: Impacto em usuários, errors: 3}
  phases:
    - title: Restaurar
      sections:
        - title: Desfazer
          undo_applied: true
        - title: Verificar
          steps:
            - {id: check-again, title: Verificar, role: QA, sign: true}
"""

FILES = {"migration.sql": "alter table t add c int;\n", "rollback.sql": "alter table t drop c;\n"}


class Desk:
    """A directory in which a plan and its files are written and read back."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.plan = directory / "plano.yaml"
        for name, text in FILES.items():
            self.write(name, text)

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def load(self, content: str | bytes = PLAN) -> Loaded:
        self.write(self.plan.name, content)
        return load(self.plan, KINDS)

    def errors(self, content: str | bytes) -> list[tuple[int, int, str]]:
        """Line, column and code of every error in the plan."""
        return [(p.line, p.column, p.code) for p in self.load(content).errors]

    def changed(self, old: str, new: str) -> tuple[str, tuple[int, int]]:
        """The plan with one piece replaced; `«` in the new one marks the place where a problem is expected."""
        assert PLAN.count(old) >= 1, old
        text = PLAN.replace(old, new, 1)
        marked = text.index("«")
        place = text.count("\n", 0, marked) + 1, marked - text.rfind("\n", 0, marked)
        return text.replace("«", ""), place


def mutate(text: str, seed: int) -> str:
    """The text with a few pieces cut out, doubled or exchanged, the same for the same seed."""
    chance = random.Random(seed)
    pieces = ["{", "}", "[", "]", ":", "-", "\t", "&a ", "*a", "!!x ", '"', "'", "\n", "  ", "~", "1e999", "null", "é"]
    for _round in range(chance.randint(1, 6)):
        start = chance.randrange(len(text) + 1)
        end = min(len(text), start + chance.choice([0, 0, 1, 3, 20]))
        put = chance.choice([*pieces, "", text[end : end + chance.randrange(30)]])
        text = text[:start] + put + text[end:]
    return text
