"""What a restore takes away: everything since the backup, and the place of whoever rests on the database itself.

Rows are counted by the server's statistics, as they stood when the backup was taken and stand now. Where those began
anew meanwhile, after a crash or by somebody's word, or nobody looked then, that is unknown and not nothing. A session
tells what it has written late, the latest at its end: while others are in there may be more.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any, Final

from tui.steps.context import Context
from tui.steps.effects import Effect, Probe
from tui.steps.restore.properties import sampled
from tui.steps.restore.spec import RestoreSpec

_NAMED: Final = 50


def foretell(context: Context, spec: RestoreSpec) -> Generator[Effect, Any, dict[str, Any]]:
    """As facts: `since` (the backup's moment), `rows` and `tables` written since (null: unknown), counted `by` which
    moment, whether sessions that tell `late` what they wrote may have written "more" or "fewer" ("either": both),
    `slots` with their `confirmed_lsn`, `subscriptions`. Nothing of the way back."""
    if spec.of is None:
        return {}
    recorded = context.evidence(spec.of)
    then = (yield from sampled(recorded)).get("written")
    now = yield Probe(name="written")
    stranded = yield Probe(name="stranded")
    known = None if "error" in now else now
    rows, tables = since(then, known)
    # What a session had not told the statistics yet when the snapshot was taken is counted as written since.
    fewer = then is not None and bool(then.get("late"))
    more = known is not None and (known["late"] or not context.closed)
    late = "either" if more and fewer else "more" if more else "fewer" if fewer else None
    slots, subscriptions = stranded.get("slots"), stranded.get("subscriptions")
    return {
        "since": recorded.get("taken_at"), "rows": rows, "tables": tables, "by": (known or {}).get("at"),
        "late": late,
        "slots": None if slots is None else slots[:_NAMED],
        "subscriptions": None if subscriptions is None else subscriptions[:_NAMED],
        "count": None if slots is None else len(slots),
    }  # fmt: skip


def since(then: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> tuple[int | None, int | None]:
    """Rows, and tables, that were written between two looks at the statistics; unknown where they began anew."""
    if then is None or now is None or then["reset"] != now["reset"]:
        return None, None
    before, after = then["rows"], now["rows"]
    if before is None or after is None:
        return None, None
    if any(count > after.get(table, count) for table, count in before.items()):
        return None, None
    grown = {table: count - before.get(table, 0) for table, count in after.items()}
    # A table that is gone has taken its count along: what was in it is lost all the same, nobody knows how much.
    gone = [table for table in before if table not in after]
    if gone:
        return None, None
    return sum(grown.values()), sum(1 for count in grown.values() if count)
