"""A step in words: its name, how far it is, and what proves its outcome."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tui.finite import share
from tui.locale import _, ngettext
from tui.run.steps import StepState, kind_of
from tui.words.codes import worded
from tui.words.figures import amount, number, size, span
from tui.words.inert import visible

_LONGEST = 160


def name_of(at: StepState) -> str:
    """`2.3.1 Run the migration`."""
    return visible(f"{at.place.number} {at.step.title}")


def note_of(note: str | None, evidence: dict[str, Any]) -> str:
    """What a person wrote who signed; where the run's policy signs without a text, that. Not `visible` yet."""
    return note or (_("the run's policy signs by itself") if evidence.get("sign_off") is True else "")


def unit_word(unit: str, count: Any) -> str:
    """What progress counts, in the number of `count`; one without a word is shown as it is."""
    if unit != "rows":
        return visible(unit)
    return ngettext("row", "rows", 1 if count == 1 else 2)


def progress_sentence(progress: dict[str, Any]) -> str:
    """`12,400 of 40,000 rows (31 %)`; no share where the total is not known."""
    done, total = progress.get("done"), progress.get("total")
    counted = done if not isinstance(total, int | float) or total <= 0 else total
    unit, phase = unit_word(str(progress.get("unit") or ""), counted), visible(str(progress.get("phase") or ""))
    text = ""
    if isinstance(done, int | float):
        bytes_ = progress.get("unit") == "bytes"
        shown = size(done) if bytes_ else number(done)
        text = shown if bytes_ else f"{shown} {unit}".rstrip()
        if isinstance(total, int | float) and total > 0:
            whole = size(total) if bytes_ else number(total)
            text = _("{done} of {total}").format(done=shown, total=whole if bytes_ else f"{whole} {unit}".rstrip())
            text += f" ({share(done, total) * 100:.0f} %)"
    return ": ".join(part for part in (phase, text) if part)


def evidence_words(step: StepState) -> str:
    """A line of what proves the outcome; empty when there is nothing to say."""
    kind = kind_of(step.step.kind)
    if step.status in ("signed", "by_hand") or (kind is not None and kind.signed):
        return ""
    if kind is not None and kind.facts is not None:
        try:
            return facts_words((key, _readable(key, step.evidence.get(key, value)))
                               for key, value in kind.facts(step.evidence))  # fmt: skip
        except (KeyError, IndexError, TypeError, AttributeError, ValueError):
            # A journal of another version, or of a kind that meant something else by its name.
            pass
    return facts_words((key, _readable(key, value)) for key, value in step.evidence.items())


def facts_words(facts: Iterable[tuple[str, Any]]) -> str:
    """`rows 20000, xid 912`: no scalar and no time taken (it is told anyway), and what is long is cut."""
    shown = ", ".join(
        f"{visible(key)} {visible(amount(value))}"
        for key, value in facts
        if isinstance(value, str | int | float) and value != "" and key != "seconds"
    )
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"


def _readable(key: str, value: Any) -> Any:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and key in ("bytes", "output_bytes"):
        return size(value)
    if number and (key == "seconds" or key.endswith("_s")):
        return span(value)
    if isinstance(value, str) and key == "sha256":
        return value[:12]
    return worded(value, key)
