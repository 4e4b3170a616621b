"""What a checklist measures as the plan has it: success criteria, and triggers that a breach of one of these fires."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tui.importer.draft import Draft
from tui.importer.markdown import times
from tui.importer.markdown.compared import OPPOSITE, Bound
from tui.importer.markdown.criterion import Criterion
from tui.importer.markdown.inline import fold
from tui.importer.markdown.limits import PARTLY, Limit, Measured
from tui.plan.metrics import Origin, told_by
from tui.said import N_, Said

if TYPE_CHECKING:
    from tui.importer.markdown.reading import ChecklistReading

_OTHERWISE: Final = N_("nothing fires the trigger {title} by itself; a person decides")
_ANOTHER: Final = N_("nothing fires the trigger {title} by itself, for {metric} has another limit; a person decides")
_SLOW: Final = (
    "response", "performance", "latenc", "tempo de resposta", "lenti", "desempenho", "rendimiento", "antwortzeit",
    "langsam",
)  # fmt: skip
_CRITICAL: Final = ("critical error", "erros criticos", "errores criticos", "kritische fehler")


def criteria_of(reading: ChecklistReading) -> list[dict[str, Any]]:
    """The success criteria, each once."""
    seen: set[tuple[str, tuple[str, str]]] = set()
    found: list[dict[str, Any]] = []
    for criterion in reading.limits:
        known = (criterion.limit.metric, criterion.told)
        if known not in seen:
            seen.add(known)
            found.append(criterion.keys())
    return found


def put_triggers(reading: ChecklistReading, draft: Draft) -> None:
    """Triggers of the rollback. What a trigger measures joins the success criteria; where one of its metric breaks
    earlier the trigger would fire at another limit than it says, and a person decides instead."""
    fired: list[Criterion] = []
    for number, title, told in reading.triggers:
        keys: dict[str, Any] = {"title": title}
        folded = fold(title)
        criteria = _turned(number, told)
        figures = any(sign.isdigit() for sign in title)
        guarded = {one.limit.metric for one in reading.limits}
        if criteria:
            known = [*reading.limits, *criteria]
            other = next((one for one in (*criteria, *fired) if not _fires(one, known)), None)
            if other is None:
                fired += criteria
                reading.limits += [one for one in criteria if one not in reading.limits]
                keys["guards"] = [one.limit.metric for one in criteria]
                keys["for"] = times.written(told.lasting) if told.lasting else None
                if told.partly:
                    reading.look.append((number, Said(PARTLY, text=title)))
            else:
                reading.look.append((number, Said(_ANOTHER, title=title, metric=other.limit.metric)))
        elif not figures and any(word in folded for word in _SLOW) and (slow := guarded & set(told_by(Origin.CANARY))):
            keys["guards"] = [metric for metric in told_by(Origin.CANARY) if metric in slow]
        elif not figures and any(word in folded for word in _CRITICAL):
            keys["errors"] = {"unresolved": 1}
        else:
            reading.look.append((number, Said(_OTHERWISE, title=title)))
        draft.triggers.append(keys)


def part_triggers(draft: Draft, more: Draft) -> list[Said]:
    """Before two plans are put together: triggers with a limit whose metric the other one's criteria measure with
    another limit fire no more by themselves; what is told of that."""
    told: list[Said] = []
    for own, other in ((draft, more), (more, draft)):
        known = _limits_in(own)
        apart = {metric for metric, *limit in _limits_in(other) if (metric, *limit) not in known}
        for keys in own.triggers:
            shared = [metric for metric in keys.get("guards") or () if metric in apart]
            if shared and any(sign.isdigit() for sign in keys["title"]):
                del keys["guards"]
                keys.pop("for", None)
                told.append(Said(_ANOTHER, title=keys["title"], metric=shared[0]))
    return told


def _limits_in(draft: Draft) -> set[tuple[Any, ...]]:
    """Metric and limit of each success criterion."""
    noted = draft.head.get("success")
    criteria = noted.value if noted is not None else []
    return {(one["metric"], *(str(one.get(key)) for key in ("below", "above", "equals"))) for one in criteria}


def _turned(number: int, told: Measured) -> list[Criterion]:
    """What must be so that a trigger does not fire; nothing where that has no word."""
    if any(limit.bound is Bound.EQUALS for limit in told.limits):
        return []
    return [Criterion(number, "", Limit(one.metric, OPPOSITE[one.bound], one.value)) for one in told.limits]


def _fires(criterion: Criterion, known: list[Criterion]) -> bool:
    """Whether a breach of what is measured of its metric is always one of this criterion too."""
    return all(one.holds_while(criterion) for one in known if one.limit.metric == criterion.limit.metric)
