"""Everything about one step: what it is, its exact SQL or command, what came of it, its attempts, its output's end."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

import msgspec
from msgspec import Struct

from tui.locale import _, ngettext
from tui.pictures.amended import amended_lines
from tui.pictures.cells import fit, wrapped
from tui.pictures.checklist import STATUS_STYLE
from tui.pictures.glyphs import glyphs
from tui.pictures.lines import Line, heading
from tui.pictures.timezone import zone
from tui.pictures.verbatim import exact
from tui.pictures.view import View
from tui.plan.model import Action, Proof
from tui.run.attested import is_attested
from tui.run.clock import expected
from tui.run.confirmation import is_dangerous
from tui.run.lasted import lasted
from tui.run.steps import AttemptState, StepState, attestation_of, kind_of
from tui.run.unknown import expected_lack, locks_of, rehearsal_of
from tui.words.advice import advice_words
from tui.words.checks import about, check_words, expected_words, rows_of
from tui.words.codes import (
    EFFECT,
    FATE,
    FATE_REASON,
    ON_FAILURE,
    REASON,
    REPEAT,
    reason_of,
    step_word,
    word,
)
from tui.words.facts import fact_word
from tui.words.figures import clock, offset, span, time_of_day, whole
from tui.words.figures import exact as exact_figure
from tui.words.inert import visible
from tui.words.lasting import seconds_words
from tui.words.locks import lock_lines, there_lines
from tui.words.persons import person_words
from tui.words.progress import progress_of
from tui.words.shown import shown_lines
from tui.words.steps import name_of, note_of
from tui.words.trouble import trouble
from tui.words.unknown import lack_words, place_words, sizes_words
from tui.words.values import value_words
from tui.words.waiting import wait_words

LABEL = 16
NAMED = 50
"""Locks of a step that are shown."""


class PlanFile(Struct, frozen=True, kw_only=True):
    """A file of the frozen plan: its text, how many bytes more it has, where it lies. `text` is None where it cannot be
    read, and `problem` says why. `changed`: it is not what was sealed, and not what is executed."""

    name: str
    path: str
    text: str | None = None
    more: int = 0
    problem: str = ""
    changed: bool = False


class StepFiles(Struct, frozen=True, kw_only=True):
    """What lies beside the journal: the plan's files that the step names, and the end of its output."""

    files: tuple[PlanFile, ...] = ()
    output: str = ""
    output_path: str = ""


def details(view: View, at: StepState, material: StepFiles, width: int) -> list[Line]:
    """All lines; the screen scrolls."""
    lines: list[Line] = [((name_of(at), "title"),)]
    wrong = trouble(at)
    for label, text in wrong:
        lines.extend(_labelled(label, text, width, "bad" if label else "text"))
    lines.extend(_state(view, at, width, told=bool(wrong)))
    lines.extend(_spec(at, material, width))
    if at.step.prove is not None:
        lines.append(_title(width, _("Proof of its effect")))
        lines.extend(exact(at.step.prove.query.rstrip(), width))
        lines.extend(_labelled(_("it is there if"), _proved(at.step.prove), width))
    for title, action in ((_("Undo"), at.step.undo), (_("Cleanup"), at.step.cleanup)):
        if action is not None:
            lines.append(_title(width, title))
            lines.extend(_action(action, width))
    lines.extend(amended_lines(view.state, at.id, width))
    shown = shown_lines(view.state, attestation_of(at.step).show, view.moment.wall)
    if shown:
        lines.append(_title(width, _("What it rests on")))
        lines.extend(((part, "text"),) for text in shown for part in wrapped(text, width))
    locks = lock_lines(at.evidence.get("locks"), NAMED)
    if locks:
        lines.append(_title(width, _("Locks")))
        lines.extend(((part, "text"),) for text in locks for part in wrapped(text, width))
    evidence = {name: value for name, value in at.evidence.items() if name != "locks"}
    if evidence:
        lines.append(_title(width, _("Evidence")))
        for name, value in evidence.items():
            rows = rows_of(value) if name == "checks" else []
            for number, row in enumerate(rows):
                # A row is told whole: what it looked at may be longer than a label.
                holds = row.get("holds")
                style = "text" if holds is True else "bad" if holds is False else "warn"
                label = "" if number else fact_word(name)
                lines.extend(_labelled(label, f"{about(row)}: {check_words(row)}", width, style))
            if not rows:
                lines.extend(_labelled(fact_word(name), value_words(name, value), width))
    lines.append(_title(width, _("Attempts")))
    lines.extend(_attempts(at.attempts, zone(view.state), width))
    lines.append(_title(width, _("Output")))
    if material.output_path:
        lines.append(((visible(material.output_path), "dim"),))
    if material.output:
        lines.extend(exact(material.output, width))
    else:
        lines.append(((_("No output."), "dim"),))
    return lines


def _state(view: View, at: StepState, width: int, told: bool) -> list[Line]:
    """What it is and how it stands; `told`: why it failed and what it left stands above already."""
    rows: list[tuple[str, str, str]] = [(_("status"), step_word(at.status), STATUS_STYLE[at.status])]
    if at.status == "running" and view.nothing_runs:
        rows = [(_("status"), _("unknown: its engine ended while it was at work"), "bad")]
    if at.started is not None:
        until = at.ended if at.ended is not None else view.moment.mono
        took = lasted(at)
        shown = clock(max(0.0, until - at.started)) if took is None or took.unsure is None else seconds_words(took)
        rows.append((_("duration"), shown, "text"))
    estimate = expected(view.state, at)
    lack = expected_lack(view.state, at)
    if estimate is not None:
        rows.append((_("expected"), clock(estimate), "text"))
    elif lack is not None and at.status in ("pending", "running"):
        basis = None if lack.basis is None else msgspec.to_builtins(lack.basis)
        rows.append((_("expected"), _("not known: {why}").format(why=lack_words(lack.code, basis)), "text"))
    rows.extend(_rehearsed(view, at))
    rows.extend(_locked_there(view, at))
    rows.extend(_advised(view, at))
    if at.step.milestone is not None:
        rows.append((_("milestone"), offset(at.step.milestone), "text"))
    if at.waiting:
        rows.append((_("waits"), wait_words(at.waiting, at.waiting_facts), "warn"))
    if at.progress:
        rows.append((_("progress"), progress_of(at), "text"))
    why = reason_of(at.reason, at.sqlstate, at.status, at.by)
    if why and not told:
        rows.append((_("reason"), why, STATUS_STYLE[at.status]))
    if at.fate is not None:
        why = f" ({word(FATE_REASON, at.fate_reason)})" if at.fate_reason else ""
        # What was committed before is told by the effect.
        rows.append((_("last transaction") if at.effect == "some" else _("fate"), word(FATE, at.fate) + why, "text"))
    if at.status not in ("pending", "running") and not told:
        rows.append((_("effect"), word(EFFECT, at.effect), "text"))
    if at.tx_sent:
        rows.append((_("commit"), _("COMMIT was sent, its answer is awaited"), "warn"))
    if at.confirmed is not None and at.confirmed.target is not None:
        rows.append((_("confirmed"), visible(at.confirmed.reason or at.confirmed.target), "warn"))
    note = note_of(at.note, at.evidence)
    if note:
        rows.append((_("note"), visible(note), "text"))
    if is_attested(at.id):
        text = _("Nothing measures this on this target: say how you know whether it holds.")
        rows.append((_("criterion"), text, "text"))
    for label, value in (
        (_("person"), person_words(at.person)), (_("role"), at.step.role), (_("as"), at.step.as_),
        (_("runs with"), at.step.with_), (_("needs"), ", ".join(at.step.needs)), (_("undoes"), at.undoes),
        (_("timeout"), None if at.step.timeout is None else span(at.step.timeout)),
        (_("if it fails"), None if at.step.on_failure == "hold" else word(ON_FAILURE, at.step.on_failure)),
        (_("run again"), None if at.step.repeat is None else word(REPEAT, at.step.repeat)),
        (_("before it"), _("the target's name is typed") if is_dangerous(view.state, at.step) else None),
        (_("kind"), at.step.kind), (_("id"), at.id),
    ):  # fmt: skip
        if value:
            rows.append((label, visible(value), "text"))
    found: list[Line] = []
    for label, text, style in rows:
        found.extend(_labelled(label, text, width, style))
    return found


def _rehearsed(view: View, at: StepState) -> list[tuple[str, str, str]]:
    """What an earlier run says of it, beside what that was measured on."""
    found = rehearsal_of(view.state, at.id)
    if found is None:
        return []
    seconds, basis = found[0], msgspec.to_builtins(found[1])
    text = _("{span} on {place}").format(span=span(seconds), place=place_words(basis))
    if not basis["comparable"]:
        text = _("{span} on {place}: not comparable").format(span=span(seconds), place=place_words(basis))
    rows = [(_("rehearsed"), text, "text" if basis["comparable"] else "warn")]
    return [*rows, (_("data"), sizes_words(basis), "text")] if basis["sizes"] else rows


def _locked_there(view: View, at: StepState) -> list[tuple[str, str, str]]:
    """The locks that it took in an earlier run."""
    found = locks_of(view.state, at.id)
    if found is None:
        return []
    known, basis = found
    lines = there_lines(known.taken, known.count, msgspec.to_builtins(basis), NAMED)
    return [(_("locks") if not place else "", text, "text") for place, text in enumerate(lines)]


def _advised(view: View, at: StepState) -> list[tuple[str, str, str]]:
    """What a program of others says of what it executes."""
    opened = view.state.opened
    found = None if opened is None else opened.advice.get(at.id)
    if found is None:
        return []
    told = [advice_words(one) for one in found.found]
    rows = [(visible(found.tool) if not place else "", text, "warn") for place, text in enumerate(told)]
    more = found.count - len(found.found)
    return [*rows, ("", _("and {n} more").format(n=whole(more)), "warn")] if more > 0 else rows


def _labelled(label: str, text: str, width: int, style: str = "text") -> list[Line]:
    first, *rest = wrapped(text, max(10, width - LABEL - 1))
    lines: list[Line] = [((fit(label, LABEL) + " ", "dim"), (first, style))]
    lines.extend(((" " * (LABEL + 1) + part, style),) for part in rest)
    return lines


LONGEST_RULE = 120
"""Columns of a title's rule, also where the lines are asked for without an end."""


def _title(width: int, title: str) -> Line:
    return heading(min(width, LONGEST_RULE), title, style="section", rule=glyphs().rule)


def _spec(at: StepState, material: StepFiles, width: int) -> list[Line]:
    """What is executed, to the letter: the step's own texts, then the plan's files."""
    lines: list[Line] = [_title(width, _("What is done"))]
    lines.extend(_action(Action(kind=at.step.kind, spec=at.step.spec), width))
    for file in material.files:
        lines.append(((visible(file.name), "bold"),))
        if file.text is None:
            text = _("It cannot be shown: {reason}.").format(reason=visible(file.problem))
            lines.extend(((part, "warn"),) for part in wrapped(text, width))
            continue
        if file.changed:
            text = _("It was changed after it was sealed, and is not executed.")
            lines.extend(((part, "bad"),) for part in wrapped(text, width))
        lines.extend(exact(file.text, width, numbered=True))
        if file.more:
            text = ngettext("… and {n} byte more, in {path}", "… and {n} bytes more, in {path}", file.more)
            text = text.format(n=whole(file.more), path=visible(file.path))
            lines.extend(((part, "warn"),) for part in wrapped(text, width))
    return lines


def _action(action: Action, width: int) -> list[Line]:
    """The parts that are executed in full, the settings after them."""
    lines: list[Line] = [((visible(action.kind), "key"),)]
    kind = kind_of(action.kind)
    names = () if kind is None else tuple(dict.fromkeys((*kind.verbatim, *kind.file_keys, *kind.arguments)))
    for name in names:
        value = action.spec.get(name)
        if isinstance(value, str):
            lines.extend(exact(value.rstrip(), width))
        elif isinstance(value, list | tuple):
            # As a shell would have it: where one argument ends and the next begins is to be seen.
            lines.extend(exact(shlex.join(str(part) for part in value), width))
    rest = {name: value for name, value in action.spec.items() if name not in names}
    spans = () if kind is None else kind.span_keys
    for name, value in rest.items():
        text = span(value) if name in spans and _is_number(value) else _value(value)
        lines.extend(_labelled(visible(name), text, width))
    return lines


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _proved(proof: Proof) -> str:
    """What the first value of the query's answer must be."""
    if proof.empty:
        return _("it has no rows")
    if proof.not_empty:
        return _("it has rows")
    return _("its first value is {value}").format(value=expected_words("equals", proof.equals))


def _value(value: Any) -> str:
    """A setting in words: flat mappings without brackets, what is deeper as JSON; keys are the plan's."""
    value = msgspec.to_builtins(value)
    if isinstance(value, bool) or value is None:
        return {True: _("yes"), False: _("no"), None: "-"}[value]
    if isinstance(value, int | float):
        return exact_figure(value)
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict) and all(isinstance(part, str | int | float | bool | None) for part in value.values()):
        return ", ".join(f"{visible(str(key))} {_value(part)}" for key, part in value.items())
    if isinstance(value, list) and all(isinstance(part, str | int) for part in value):
        return ", ".join(visible(str(part)) for part in value)
    return visible(json.dumps(value, ensure_ascii=False))


def _attempts(attempts: Sequence[AttemptState], where: tzinfo, width: int) -> list[Line]:
    """Every attempt from when to when, in the window's zone as everywhere on the screen."""
    lines: list[Line] = []
    for attempt in attempts:
        began = time_of_day(attempt.started_at or attempt.ended_at or "", where)
        ended = time_of_day(attempt.ended_at or "", where)
        text = f"{attempt.number} {began}-{ended:<8} {step_word(attempt.status)} {person_words(attempt.by)}"
        found = visible(attempt.said) or word(REASON if attempt.reason in REASON else FATE_REASON, attempt.reason)
        why = f": {found}" if found else ""
        style = STATUS_STYLE[attempt.status]
        lines.extend(((f"  {part}", style),) for part in wrapped(text + why, width - 2))
    return lines or [((_("None yet."), "dim"),)]
