"""Which environment, which target, the time of day, who looks, who commands, how old the picture is. Two lines."""

from __future__ import annotations

from tui.finite import local
from tui.locale import _, ngettext
from tui.pictures.cells import cells, cut
from tui.pictures.glyphs import glyphs
from tui.pictures.lines import Line, Span, sides, width_of
from tui.pictures.timezone import zone
from tui.pictures.view import Mode, View
from tui.run.driving import driver
from tui.run.rollback import stays
from tui.run.state import RunState
from tui.words.codes import ENVIRONMENT, VIEWER, word
from tui.words.figures import ago, clock
from tui.words.inert import visible
from tui.words.persons import parts_of, person_words
from tui.words.runs import outcome_word
from tui.words.stillness import nothing_runs

TIME_FROM, ZONE_FROM = 72, 100
"""Columns from which the time of day has room, and what its zone is called."""
SILENT_AFTER = 5.0
"""Seconds without an event after which the age is shown: an engine that lives samples once a second."""


_STYLE = {
    "scheduled": "text", "running": "run", "held": "warn", "rolling_back": "bad", "rolled_back": "warn",
    "rollback_failed": "bad", "completed": "ok", "failed": "bad", "undecided": "bad",
}  # fmt: skip


def header(view: View, width: int) -> list[Line]:
    """The two lines."""
    return [_what(view, width), _who(view, width)]


def _what(view: View, width: int) -> Line:
    opened = view.state.opened
    mode = badge(view)
    right: list[Span] = [(f" {word(VIEWER, mode)} ", f"mode.{mode}")]
    if opened is None:
        return sides(width, [(_("The run has not been opened yet."), "dim")], right)
    left: list[Span] = [(f" {word(ENVIRONMENT, opened.environment).upper()} ", f"env.{opened.environment}")]
    if opened.mode == "rehearsal":
        left.append((" " + _("REHEARSAL"), "warn"))
    left.append((f" {visible(opened.target)}", "bold"))
    if view.state.quiesced:
        left.append((" " + _("CLOSED TO OTHERS"), "bad"))
    if opened.despite:
        left.append((" " + _in_spite(opened.despite, width), "warn"))
    if view.state.amended:
        left.append((" " + _amended(view.state), "warn"))
    left.append((f" {glyphs().dot} {visible(opened.plan.name)}", "text"))
    status = view.state.status
    if view.nothing_runs:
        right.insert(0, (f"{nothing_runs()} ", "bad"))
    elif view.is_unknown:
        # As it was when it was last heard of.
        right.insert(0, (f"{_outcome(view)}? ", "warn"))
    else:
        right.insert(0, (f"{_outcome(view)} ", _STYLE.get(status, "text")))
    time = f" {time_now(view, width)}  "
    if width >= TIME_FROM and len(time) + width_of(right) < width - width // 2:
        # Where what the run is takes much room, the time gives way: the mode is never cut.
        right.insert(0, (time, "bold"))
    line = sides(width, left, right)
    if opened.environment != "production":
        return line
    # Production is painted from edge to edge, so that no glance takes it for anything else.
    return tuple((text, name if name.startswith(("env.", "mode.")) else f"band.production:{name}")
                 for text, name in line)  # fmt: skip


def _amended(state: RunState) -> str:
    """That the plan is not the one that the run opened with, and whether what changed was rehearsed."""
    voided = any(known.voids for known in state.amendments) and not state.amendments[-1].rehearsed
    text = _("AMENDED, NOT REHEARSED") if voided else _("AMENDED")
    return text if state.amended == 1 else f"{text} ({state.amended})"


def _in_spite(codes: tuple[str, ...], width: int) -> str:
    """What the run was opened in spite of; where the codes would be cut off, how many: the log has them."""
    text = _("in spite of: {codes}").format(codes=visible(", ".join(codes)))
    if len(codes) == 1 or cells(text) <= width // 3:
        return text
    return ngettext("in spite of {count} error", "in spite of {count} errors", len(codes)).format(count=len(codes))


def time_now(view: View, width: int) -> str:
    """The time of day in the log's time zone, and what that zone is called where there is room. Of the minute: seconds
    count beside it, and a line that is painted from edge to edge once a second costs more than they tell."""
    # The time of day stands for no engine.
    now = local(view.moment.wall + (view.moment.age if view.nothing_runs else 0.0), zone(view.state))
    return f"{now:%H:%M}" + (f" {visible(now.tzname() or '')}" if width >= ZONE_FROM else "")


def badge(view: View) -> Mode:
    """The mode that is painted: who has not got the helm looks on, whatever their screen can do once they have it."""
    if view.mode != "operator":
        return view.mode
    return "operator" if view.me and view.state.helm == view.me else "observer"


def _who(view: View, width: int) -> Line:
    state = view.state
    left: list[Span] = [_link(view)]
    if view.broken is not None and not view.lost:
        left.insert(
            0,
            (f"{glyphs().status['failed']} " + _("JOURNAL BROKEN at line {seq}").format(seq=view.broken) + " ", "bad"),
        )
    # Names of people may be long: each keeps its share of what the link's age leaves.
    room = max(12, width - width_of(left) - 1)
    right = _helm(view, room)
    who = drives(view)
    if who and width_of(left) + width_of(who) + width_of(right) < width:
        left += who
    if state.opened is not None and width_of(left) + len(state.opened.id) + 2 + width_of(right) <= width:
        left.append((f" {visible(state.opened.id)}", "dim"))
    return sides(width, left, right)


def drives(view: View) -> list[Span]:
    """Who drives: a person by hand, or what goes on without one."""
    found = driver(view.state)
    if found is None or view.nothing_runs:
        return []
    goal = view.state.steps.get(found.until or "")
    number = "?" if goal is None else visible(goal.place.number)
    words = {
        "by_hand": _("by hand"), "headless": _("HEADLESS"), "autopilot": _("AUTOPILOT"),
        "run_to": _("RUNS TO {step}").format(step=number), "rollback": _("ROLLBACK GOES ON"),
    }  # fmt: skip
    return [(f"{glyphs().dot} ", "dim"), (words[found.how] + " ", "warn" if found.by_itself else "dim")]


def _link(view: View) -> Span:
    """The age stands first: what changes every second is cheapest at the start of a line."""
    playback = view.playback
    if view.lost:
        return f"{glyphs().status['failed']} " + _("JOURNAL LOST") + " ", "bad"
    if playback is not None:
        mark = glyphs().play if playback.playing else glyphs().pause
        text = _("{position} of {length}").format(position=clock(playback.position), length=clock(playback.length))
        return f"{mark} {playback.speed:g}x +{text} ", "run"
    if view.state.closed is not None:
        return f"{glyphs().silent} " + _("closed {span} ago").format(span=ago(view.moment.age)) + " ", "dim"
    if view.nothing_runs:
        text = _("engine ended, last event {span} ago").format(span=ago(view.moment.age))
        return f"{glyphs().silent} {text} ", "bad"
    if view.moment.age < SILENT_AFTER:
        return f"{glyphs().alive} " + _("live") + " ", "ok"
    text = _("last event {span} ago").format(span=ago(view.moment.age))
    return f"{glyphs().silent} {text} ", "warn" if view.moment.age < 60 else "bad"


def _helm(view: View, room: int) -> list[Span]:
    """Who commands and who looks, in `room` columns."""
    found = _persons(view, 1000)
    return found if width_of(found) <= room else _persons(view, max(6, (room - 18) // 2))


def _person(label: str, longest: int) -> str:
    """The label in at most so many columns. That a name is no more than declared is not what is cut off."""
    told, (name, declared) = person_words(label), parts_of(label)
    if not declared or cells(told) <= longest:
        return cut(told, longest)
    name = visible(name)
    mark = " " + _("(declared)")
    return cut(name, longest - cells(mark)) + mark if cells(mark) + 4 <= longest else cut(f"?{name}", longest)


def _persons(view: View, longest: int) -> list[Span]:
    holder = None if view.state.helm is None else _person(view.state.helm, longest)
    me = _person(view.me, longest)
    if view.state.helm is None or holder is None:
        found: list[Span] = [(_("helm: free"), "dim")]
        if view.mode == "operator" and view.me and view.state.closed is None:
            # Who looks on here may command all the same.
            found = [(_("helm: free, your first command takes it"), "warn")]
    elif view.state.helm == view.me and view.mode == "operator":
        return [(_("helm: you, {person}").format(person=holder), "ok")]
    else:
        found = [(_("helm: {person}").format(person=holder), "text")]
    if view.mode in ("operator", "observer") and me:
        found.append((f" {glyphs().dot} " + _("you: {person}").format(person=me), "dim"))
    return found


def _outcome(view: View) -> str:
    """The run's status, and the step that its rollback has not taken back, by its number, or how many."""
    state = view.state
    return outcome_word(state.status, (state.steps[step].place.number for step in stays(state)), most=1)
