"""What was seen of the server, its log and its host while a run went on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from tui.journal.events.event import Event, Relation


class MetricsSampled(Event, frozen=True, kw_only=True):
    """One tick: metric name to value; `sources` names the host each was measured on."""

    TYPE: ClassVar[str] = "metrics.sampled"
    SILENT: ClassVar[bool] = True
    IDLE: ClassVar[bool] = True
    BULK: ClassVar[bool] = True
    values: dict[str, float]
    sources: dict[str, str] = {}
    facts: dict[str, Any] = {}


class GuardBreached(Event, frozen=True, kw_only=True):
    """A criterion is breached: the one of this metric, relation and limit (journals of old name no relation)."""

    TYPE: ClassVar[str] = "guard.breached"
    FAILURE: ClassVar[bool] = True
    metric: str
    value: float
    limit: float
    source: str = ""
    since: float = 0.0
    relation: Relation | None = None


class GuardCleared(Event, frozen=True, kw_only=True):
    """A criterion holds again: see `GuardBreached` (journals of old mean every one of the metric)."""

    TYPE: ClassVar[str] = "guard.cleared"
    metric: str
    value: float
    lasted_s: float = 0.0
    limit: float | None = None
    relation: Relation | None = None


class TriggerFired(Event, frozen=True, kw_only=True):
    """A rollback is proposed. `grounds`: the facts that fired it (a criterion's `value`, `limit`, `relation`, `source`
    and `for_s`; `why` a step failed, with its `sqlstate`; how many `errors`, the last of them by id); empty in journals
    of old. `rollback_s`: how long a rollback is expected to take (`rollback_least`: at the least); `safe_s`: for how
    long one may still be begun that ends inside the window. None: nobody knows.
    """

    TYPE: ClassVar[str] = "trigger.fired"
    FAILURE: ClassVar[bool] = True
    title: str
    reason: str
    step: str | None = None
    metric: str | None = None
    grounds: dict[str, Any] = {}
    rollback_s: float | None = None
    rollback_least: bool = False
    safe_s: float | None = None


class ErrorRecorded(Event, frozen=True, kw_only=True):
    """An error worth resolving, with an id people can name (`E1`, `E2`, ...).

    `text`: others' words, or a code: the step's reason, or `code`, which has `facts`. Beside others' words `facts` say
    whose lock it waited for (`wanted`, and of the `blockers` from whom the queue comes). `level`: `error`, or `warning`
    for what the server warned of. `source`: `step`, `unanswered` (a question of a step), `server` (critical, in its
    log) or `application` (in its log, by sessions of others, since the change began). `file` and `line`: of the
    statement. `relations`: those that the statement of a session of others names. `seen`: `count`, and of the
    application `seconds` in which they came, with `before` and `before_s`, the same from before the change.
    """

    TYPE: ClassVar[str] = "error.recorded"
    FAILURE: ClassVar[bool] = True
    id: str
    text: str
    code: str | None = None
    facts: dict[str, Any] = {}
    step: str | None = None
    attempt: int | None = None
    sqlstate: str | None = None
    source: str = ""
    level: str = "error"
    file: str | None = None
    line: int | None = None
    relations: tuple[str, ...] = ()
    seen: dict[str, Any] = {}

    @property
    def told(self) -> str | dict[str, Any]:
        """The text, or the code with its facts."""
        return self.text if self.code is None else {"code": self.code, "facts": self.facts}


class ErrorResolved(Event, frozen=True, kw_only=True):
    TYPE: ClassVar[str] = "error.resolved"
    INCIDENT: ClassVar[bool] = True
    id: str
    text: str


class LogLines(Event, frozen=True, kw_only=True, omit_defaults=False):
    """Records of a log that is not a step's own output: the server's, the engine's notices.

    `text` holds their texts line by line; `lines` what else is known of each, with `rows` where its text has several.
    """

    TYPE: ClassVar[str] = "log.lines"
    BULK: ClassVar[bool] = True
    stream: str
    text: str = ""
    lines: tuple[dict[str, Any], ...] = ()
    dropped: int = 0

    def entries(self) -> Iterator[dict[str, Any]]:
        """Each record with its `text`."""
        rest, at = self.text.split("\n"), 0
        for line in self.lines:
            told = line.get("rows", 1)
            rows = told if isinstance(told, int) and told > 0 else 1
            yield {**line, "text": "\n".join(rest[at : at + rows])}
            at += rows
