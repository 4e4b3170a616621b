"""What stands at the head of a plan that was a checklist: targets with their window, team, success criteria."""

from __future__ import annotations

from typing import Any, Final

from tui.importer.draft import Draft, DraftStep, Noted
from tui.importer.markdown import times
from tui.importer.markdown.build import Built
from tui.importer.markdown.criteria import criteria_of
from tui.importer.markdown.inline import fold
from tui.importer.markdown.reading import ChecklistReading
from tui.importer.markdown.steps import put_milestone
from tui.importer.wish import TargetWish
from tui.plan.placeholders import placeholder_in
from tui.plan.scalars import parse_duration, parse_offset
from tui.said import N_, Said

PLACEHOLDER: Final = N_("[Date and time]")
_OPEN: Final = N_("when the window opens is left open; write it, and its time zone, into targets")
_ZONE: Final = N_("the time zone of the window is not said; the plan has UTC")
_DOUBTFUL: Final = N_(
    "the time zone of the window, {name}, may be one of several; the plan has UTC until you write one into targets"
)
USUAL: Final = times.HOUR
"""How long a window is taken to be when only its beginning is told; it is told that nobody said so."""


def put_head(reading: ChecklistReading, draft: Draft, built: Built, wish: TargetWish) -> None:
    """Fill in the head. The milestones must be among the steps already."""
    draft.head["targets"] = Noted(_targets(reading, built, wish), reading.above.get("targets", []))
    members = [dict(member) for member in reading.team.members.values()]
    if members:
        draft.head["team"] = Noted(members, reading.above.get("team", []))
    elif "team" in reading.above:
        draft.above += reading.above["team"]
    criteria = criteria_of(reading)
    notes = list(reading.above.get("success", []))
    if reading.qualities:
        notes.append(reading.say(Said("Not measured by itself; a key quality says which steps tell it:")))
        notes += [f"  {text}" for text in reading.qualities]
    if criteria:
        draft.head["success"] = Noted(criteria, notes)
    else:
        draft.above += notes


def _targets(reading: ChecklistReading, built: Built, wish: TargetWish) -> dict[str, Any]:
    facts = reading.window
    length = facts.length
    staging: dict[str, Any] = {"environment": "staging", "service": "app-staging"}
    production = wish.target()
    if facts.known and length is None and (facts.opens or facts.opening):
        length = USUAL
        reading.look.append((facts.numbers[0], Said("how long the window is is not said; the plan has one hour")))
    if length is not None:
        keys: dict[str, Any] = {"timezone": facts.zone, "duration": times.written(length)}
        if facts.buffer:
            keys["buffer"] = times.written(facts.buffer)
        opens = facts.opens
        if opens is None:
            opens = placeholder_in(facts.opening) or reading.say(Said(PLACEHOLDER))
            reading.look.append(
                (
                    facts.numbers[0],
                    Said(_OPEN),
                )
            )
        elif facts.zone is None:
            text = Said(_DOUBTFUL, name=facts.doubtful) if facts.doubtful else Said(_ZONE)
            reading.look.append((facts.numbers[0], text))
            reading.above.setdefault("targets", []).append(reading.say(text))
        lead = times.written(built.before + times.MINUTE)
        staging["window"] = {"opens": f"+{lead}", **keys}
        production["window"] = wish.window({"opens": opens, **keys})
        if wish.opens is not None:
            reading.look[:] = [one for one in reading.look if one[1].text not in (_OPEN, _ZONE, _DOUBTFUL)]
    elif wish.said:
        production["window"] = wish.window({"opens": reading.say(Said(PLACEHOLDER))}) if wish.windowed else None
    name = wish.name or "production"
    return {name: production} if name == "staging" else {"staging": staging, name: production}


def join_heads(draft: Draft, more: Draft) -> None:
    """What the head of a further checklist adds: people, criteria with other limits."""
    for key in ("team", "success"):
        own, further = draft.head.get(key), more.head.get(key)
        if further is None:
            continue
        if own is None or key == "team":
            # The team is one, and the further head has all of it.
            draft.head[key] = Noted(further.value, [*(own.above if own is not None else ()), *further.above])
            continue
        known = [(one["metric"], *(one.get(k) for k in ("below", "above", "equals"))) for one in own.value]
        own.value += [
            one for one in further.value
            if (one["metric"], *(one.get(k) for k in ("below", "above", "equals"))) not in known
        ]  # fmt: skip
        own.above += further.above


def put_milestones(reading: ChecklistReading, built: Built) -> None:
    """Milestones to the steps that they are about, by their titles."""
    known: list[tuple[str, DraftStep]] = []
    for phase in (*built.phases, *built.rollback):
        for section in phase.sections:
            if section.steps:
                known.append((fold(section.title), section.steps[0]))
    for phase in built.phases:
        if phase.sections and phase.sections[0].steps:
            known.append((fold(phase.title), phase.sections[0].steps[0]))
    known += built.first
    for number, label, seconds, at in reading.milestones:
        if seconds is None and at is not None and reading.window.begins is not None:
            seconds = times.between(reading.window.begins, at)
            seconds = seconds if seconds <= times.DAY / 2 else seconds - times.DAY
        step = _meant(fold(label), known)
        if step is None or seconds is None:
            reading.noted("phases", [number])
            text = N_("the milestone {label} fits no section and no step")
            if seconds is None:
                text = N_("the milestone {label} has a time of day, and when the window opens is not known")
            reading.look.append((number, Said(text, label=label)))
            continue
        if "milestone" in step.keys:
            reading.noted("phases", [number])
            continue
        put_milestone(step, seconds)


def _meant(label: str, known: list[tuple[str, DraftStep]]) -> DraftStep | None:
    """The step that a label is about: whose title begins with it, or holds it, or shares its words."""
    if not label:
        return None
    for fits in (
        lambda title: title == label,
        lambda title: title.startswith(label),
        lambda title: f" {label}" in f" {title}",
        lambda title: len(title) > 3 and title in label,
        lambda title: len(label) > 4 and len(set(label.split()) & set(title.split())) >= max(2, len(label.split()) - 1),
    ):
        for title, step in known:
            if fits(title):
                return step
    return None


def keep_within(reading: ChecklistReading, draft: Draft) -> None:
    """Take milestones away that lie beyond a window: the loader would refuse them."""
    windows = [target["window"] for target in draft.head["targets"].value.values() if target.get("window")]
    if not windows:
        return
    length = min(parse_duration(one["duration"]) + parse_duration(one.get("buffer", "0s")) for one in windows)
    for phase in (*draft.phases, *draft.rollback):
        starts = phase.keys.get("starts")
        if starts is not None and parse_offset(starts) >= length:
            continue
        for section in phase.sections:
            for step in section.steps:
                told = step.keys.get("milestone")
                if told is None or parse_offset(told) <= length:
                    continue
                del step.keys["milestone"]
                step.above.append(reading.say(Said("milestone {offset}: behind the end of the window", offset=told)))
                text = Said(
                    "the milestone {offset} of {step} lies behind the end of the window", offset=told, step=step.id
                )
                reading.look.append((0, text))
