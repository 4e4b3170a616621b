"""What was found beside what was expected: rows of checks, answers to questions. Pure."""

from __future__ import annotations

from typing import Any

from tui.locale import _, ngettext
from tui.plan.metrics import METRICS
from tui.said import N_
from tui.words.check_codes import FOUND, NAMES
from tui.words.codes import NOT_COMPARED, word
from tui.words.figures import exact, figure, size, span
from tui.words.inert import visible
from tui.words.said import told
from tui.words.values import value_words
from tui.words.waiting import lock_words

STANDING = {
    "member": N_("it exists, and this login is a member of it"),
    "not_member": N_("it exists, and this login is no member of it"),
    "missing": N_("it does not exist"),
}
_ABOUT = ("name", "what", "of", "service", "aspect", "path", "table", "role")
_OLD_UNITS = {"disk_free": "bytes", "space": "bytes"}
"""Of rows of journals that do not say a unit."""


def rows_of(checks: Any) -> list[dict[str, Any]]:
    """Those of evidence that are rows of checks."""
    return [check for check in checks if isinstance(check, dict)] if isinstance(checks, list | tuple) else []


def which_checks(checks: Any) -> str:
    """Which of several checks did not hold, or found no answer, by their places; empty where it is the only one."""
    known = rows_of(checks)
    failed = [str(number) for number, check in enumerate(known, 1) if check.get("holds") is False]
    text = ngettext("check {which} of {of} did not hold", "checks {which} of {of} did not hold", len(failed))
    if not failed:
        failed = [str(number) for number, check in enumerate(known, 1) if check.get("holds") is None]
        text = ngettext(
            "check {which} of {of} was not answered", "checks {which} of {of} were not answered", len(failed)
        )
    return text.format(which=", ".join(failed), of=len(known)) if failed and len(known) > 1 else ""


def about(check: dict[str, Any]) -> str:
    """What is checked, by its key in the plan or in words: `privilege app.orders`, `disk backup dump`."""
    parts = {key: str(check[key]) for key in _ABOUT if check.get(key)}
    return " ".join(word(NAMES, text) if key == "name" else visible(text) for key, text in parts.items())


def check_words(check: dict[str, Any]) -> str:
    """`15.18; expected >=16`."""
    text = _found(check)
    if check.get("expected") is None:
        return text
    return _("{found}; expected {expected}").format(found=text, expected=_shown(check, check["expected"]))


def check_short(check: dict[str, Any]) -> str:
    """`15.18 (>=16)`, for a line of several."""
    text = _found(check)
    return text if check.get("expected") is None else f"{text} ({_shown(check, check['expected'])})"


def _found(check: dict[str, Any]) -> str:
    """What is in the way, where that is known; why nobody knows; else the value."""
    error, why = check.get("error"), check.get("why")
    if isinstance(why, list | tuple) and why and check.get("holds") is not True:
        return "; ".join(visible(told(word(NOT_COMPARED, one) if isinstance(one, str) else one)) for one in why)
    if error is None:
        return _shown(check, check.get("found"))
    text, whose = _("unknown: {message}") if check.get("holds") is None else "{message}", lock_words(check)
    return text.format(message=visible(told(error))) + (f"; {whose}" if whose else "")


def _shown(check: dict[str, Any], value: Any) -> str:
    """In the unit that the row says; a role's standing in words."""
    if isinstance(value, int | float) and not isinstance(value, bool) and check.get("metric") in METRICS:
        return figure(str(check["metric"]), value)
    unit = "bytes" if "need_bytes" in check else check.get("unit", _OLD_UNITS.get(str(check.get("name"))))
    if isinstance(value, int | float) and not isinstance(value, bool) and unit in ("bytes", "s"):
        return size(value) if unit == "bytes" else span(value)
    known = FOUND.get(str(check.get("name")), {})
    if isinstance(value, str) and value in known:
        return word(known, value)
    if check.get("name") == "role" and value is check.get("found"):
        return word(STANDING, str(value))
    return plain_words(value)


def plain_words(value: Any) -> str:
    """A value that has no unit: numbers to their last digit, lists with commas."""
    if value is None or value in ((), []):
        return _("nothing")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return exact(value)
    return value_words("", value)


def expected_words(relation: str, wanted: Any) -> str:
    """What an answer was to be: `below 5.0`, `no rows`."""
    shown = plain_words(wanted)
    match relation:
        case "equals":
            return visible(str(wanted).lower()) if isinstance(wanted, bool) else shown
        case "below":
            return _("below {limit}").format(limit=shown)
        case "above":
            return _("above {limit}").format(limit=shown)
        case "empty":
            return _("no rows") if wanted else _("rows")
        case "not_empty":
            return _("rows") if wanted else _("no rows")
    return f"{visible(relation)} {shown}"
