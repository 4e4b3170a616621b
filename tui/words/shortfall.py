"""What a step found that failed without the server's word: which criterion or log was not measured, how much room there
was, which rows a trial restore lacked. Labelled lines for `trouble`; pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tui.locale import _, ngettext
from tui.plan.sealed import how_it_differs
from tui.said import N_
from tui.words.codes import UNMEASURED, metric_word, word
from tui.words.difference import difference_rows
from tui.words.figures import figure, size, span
from tui.words.inert import visible
from tui.words.said import say, told

Row = tuple[str, str]
_NAMED = 10
"""So many are told one by one; how many more there are, as a number."""

_WATCHED = {
    "log": N_("server's log"),
    "figures": N_("figures"),
    "criteria": N_("criteria"),
    "server": N_("server"),
    "baseline": N_("baseline"),
    "statements": N_("statements"),
}


def findings(evidence: dict[str, Any], reason: str | None) -> Iterator[Row]:
    """What tells more than `reason`; nothing where there is nothing to tell."""
    yield from _mishap(evidence)
    if reason == "guard_breached":
        yield from _breached(evidence.get("breached"))
    yield from _unmeasured(evidence.get("not_measured"))
    if reason == "not_delivered":
        yield from _untold(evidence.get("services"))
    if reason in ("no_space", "not_answered"):
        yield from _space(evidence.get("space"))
    if reason == "plan_changed":
        yield _("file"), say(how_it_differs(str(evidence.get("file", "?")), str(evidence.get("found", ""))))
    if reason == "hash_differs":
        yield _("hash recorded"), visible(str(evidence.get("recorded", "?")))
        yield _("hash found"), visible(str(evidence.get("sha256", "?")))
    if reason == "no_backup":
        yield _("backup of"), visible(str(evidence.get("of", "?")))
    if reason in ("scratch_exists", "scratch_failed", "scratch_forbidden"):
        yield _("scratch database"), visible(str(evidence.get("database", "?")))
    if reason == "not_in_backup":
        yield from _list(_("not in the backup"), [visible(str(one)) for one in _many(evidence.get("missing"))])
    yield from _rows_missing(evidence)
    yield from difference_rows(evidence)
    for tests in _dicts([evidence.get("tests")] if isinstance(evidence.get("tests"), dict) else evidence.get("tests")):
        yield from _tests(tests)
    if reason in ("rows_left", "rows_uncounted") and evidence.get("left") is not None:
        yield _("rows left"), visible(str(evidence["left"]))


def _tests(tests: dict[str, Any]) -> Iterator[Row]:
    failed, passed = tests.get("failed"), tests.get("passed")
    text = _("{failed} failed, {passed} passed").format(failed=failed, passed=passed)
    yield _("tests"), text + (", " + _("fewer ran than were planned") if tests.get("cut") else "")
    yield from _list(_("failed"), [visible(str(name)) for name in _many(tests.get("names"))], failed)


def _mishap(evidence: dict[str, Any]) -> Iterator[Row]:
    """What nobody foresaw: by its type and the operating system's number for it."""
    kind = evidence.get("exception")
    if isinstance(kind, str):
        number = evidence.get("errno")
        yield _("exception"), visible(f"{kind} ({number})" if isinstance(number, str) else kind)
        if isinstance(evidence.get("path"), str):
            yield _("path"), visible(evidence["path"])
    lacking = _many(evidence.get("not_recorded"))
    if lacking:
        yield from _list(_("not recorded"), [visible(str(one)) for one in lacking])


def _many(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in _many(value) if isinstance(one, dict)]


def _list(label: str, told: list[str], count: int | None = None) -> Iterator[Row]:
    more = (len(told) if count is None else count) - _NAMED
    for text in told[:_NAMED]:
        yield label, text
        label = ""
    if more > 0:
        yield label, _("and {n} more").format(n=more)


def _breached(guards: Any) -> Iterator[Row]:
    for guard in _dicts(guards):
        metric, source = str(guard.get("metric")), guard.get("source")
        value, limit = (
            figure(metric, found, exact=True) if isinstance(found := guard.get(key), int | float) else "?"
            for key in ("value", "limit")
        )
        text = _("{value}, limit {limit}").format(value=value, limit=limit)
        yield metric_word(metric), f"{text} ({visible(str(source))})" if source else text


def unmeasured_words(one: dict[str, Any]) -> str:
    """What was not measured, and why: `CPU: nobody measures it (for 12.0 s)`."""
    metric = one.get("metric")
    label = visible(word(_WATCHED, str(one.get("what")))) if metric is None else metric_word(str(metric))
    text = word(UNMEASURED, str(one.get("why")))
    if isinstance(one.get("count"), int):
        text += f" ({one['count']})"
    if isinstance(one.get("seconds"), int | float):
        text += _(" (for {span})").format(span=span(one["seconds"]))
    return f"{label}: {text}"


def _unmeasured(lacking: Any) -> Iterator[Row]:
    for one in _dicts(lacking):
        yield _("not measured"), unmeasured_words(one)


def _untold(services: Any) -> Iterator[Row]:
    """Whom nobody could tell, and why: those that took it are no trouble."""
    for service in _dicts(services):
        if service.get("status") != "delivered":
            where = f"{service.get('name', '?')}, {service.get('url', '?')}"
            why = told(service.get("reason")) or _("nobody confirms it")
            yield _("not told"), visible(f"{where}: {why}")


def _space(space: Any) -> Iterator[Row]:
    if not isinstance(space, dict):
        return
    free, need = space.get("free_bytes"), space.get("need_bytes")
    known = _("unknown") if free is None else size(free)
    text = known if need is None else _("{found}; expected {expected}").format(found=known, expected=size(need))
    yield _("free space"), text
    if space.get("place"):
        source = f" ({visible(str(space['source']))})" if space.get("source") else ""
        yield _("place"), visible(str(space["place"])) + source
    if space.get("error"):
        yield _("message"), visible(told(space["error"]))


def _rows_missing(evidence: dict[str, Any]) -> Iterator[Row]:
    told = [
        ngettext(
            "{table}: {rows} row, the source had and still has {least}",
            "{table}: {rows} rows, the source had and still has {least}",
            2 if not isinstance(one.get("rows"), int) else one["rows"],
        ).format(table=visible(str(one.get("table", "?"))), rows=one.get("rows", "?"), least=one.get("at_least", "?"))
        for one in _dicts(evidence.get("rows_missing"))
    ]
    count = evidence.get("count")
    yield from _list(_("rows missing"), told, count if isinstance(count, int) else None)
