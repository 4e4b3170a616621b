"""A step in words: its name, how far it is, and what proves its outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from tui.finite import share
from tui.locale import _, ngettext
from tui.run.steps import StepState, kind_of
from tui.said import N_
from tui.words.checks import about, check_short, expected_words
from tui.words.codes import word
from tui.words.facts import fact_word
from tui.words.figures import number, size
from tui.words.inert import visible
from tui.words.values import fact, facts_words, line_of

UNITS: Final[Mapping[str, Callable[[int], str]]] = {
    "blocks": lambda n: ngettext("block", "blocks", n),
    "bytes": lambda n: ngettext("byte", "bytes", n),
    "levels": lambda n: ngettext("load level", "load levels", n),
    "lockers": lambda n: ngettext("locker", "lockers", n),
    "rows": lambda n: ngettext("row", "rows", n),
    "s": lambda n: "s",
    "tuples": lambda n: ngettext("tuple", "tuples", n),
}
"""What progress counts; `lockers` are the transactions that a concurrent command waits for."""
PHASES: Final[Mapping[str, str]] = {"writing": N_("writing")}
"""Phases of our own; those of the server are its words."""


def name_of(at: StepState) -> str:
    """`2.3.1 Run the migration`."""
    return visible(f"{at.place.number} {at.step.title}")


def note_of(note: str | None, evidence: dict[str, Any]) -> str:
    """What a person wrote who signed; where the run's policy signs without a text, that. Not `visible` yet."""
    return note or (_("the run's policy signs by itself") if evidence.get("sign_off") is True else "")


def unit_word(unit: str, count: Any) -> str:
    """What progress counts, in the number of `count`; one without a word is shown as it is."""
    known = UNITS.get(unit)
    return visible(unit) if known is None else known(1 if count == 1 else 2)


def progress_sentence(progress: dict[str, Any]) -> str:
    """`12,400 of 40,000 rows (31 %)`; no share where the total is not known."""
    done, total = progress.get("done"), progress.get("total")
    counted = done if not isinstance(total, int | float) or total <= 0 else total
    unit, phase = unit_word(str(progress.get("unit") or ""), counted), word(PHASES, str(progress.get("phase") or ""))
    text = ""
    if isinstance(done, int | float):
        bytes_ = progress.get("unit") == "bytes"
        shown = size(done) if bytes_ else number(done)
        text = shown if bytes_ else f"{shown} {unit}".rstrip()
        if isinstance(total, int | float) and total > 0:
            whole = size(total) if bytes_ else number(total)
            text = _("{done} of {total}").format(done=shown, total=whole if bytes_ else f"{whole} {unit}".rstrip())
            text += f" ({share(done, total) * 100:.0f} %)"
    text = ", ".join(part for part in (text, *_beside(progress)) if part)
    return ": ".join(part for part in (phase, text) if part)


def _beside(progress: dict[str, Any]) -> Iterable[str]:
    """What says how far it is where nobody knows the whole: the last time, and tables begun."""
    last, table, tables = (progress.get(name) for name in ("last", "table", "tables"))
    if isinstance(last, int | float) and last > 0:
        whole = size(last) if progress.get("unit") == "bytes" else number(last)
        yield _("{last} the last time").format(last=whole)
    if isinstance(table, int) and isinstance(tables, int) and 0 < table <= tables:
        yield _("table {n} of {tables}").format(n=number(table), tables=number(tables))
    statement, statements, wal = (progress.get(name) for name in ("statement", "statements", "wal_bytes"))
    if isinstance(statement, int) and isinstance(statements, int) and statements > 1:
        yield _("statement {n} of {statements}").format(n=number(statement), statements=number(statements))
    if isinstance(wal, int) and wal > 0:
        yield _("{size} of WAL meanwhile").format(size=size(wal))


def evidence_words(step: StepState) -> str:
    """A line of what proves the outcome; empty when there is nothing to say."""
    kind = kind_of(step.step.kind)
    if step.status in ("signed", "by_hand") or (kind is not None and kind.signed):
        return ""
    if kind is not None and kind.facts is not None:
        try:
            return line_of(_fact(name, value) for name, value in kind.facts(step.evidence) if name != "seconds")
        except (KeyError, IndexError, TypeError, AttributeError, ValueError):
            # A journal of another version, or of a kind that meant something else by its name.
            pass
    return facts_words(step.evidence.items())


def _fact(name: str, value: Any) -> str:
    """One that the kind tells: a check by its key in the plan, what was expected as a comparison."""
    if isinstance(value, dict) and {"name", "holds"} <= set(value):
        return f"{about(value)} {check_short(value)}"
    if name == "expected" and isinstance(value, dict):
        return f"{fact_word(name)} " + ", ".join(expected_words(str(key), wanted) for key, wanted in value.items())
    return fact(name, value)
