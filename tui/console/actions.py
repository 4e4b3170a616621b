"""One table of what can be done: bindings, footer, help and palette are made from it.

What commands the engine stands in the operator's table only: an observer's or a replay's screen has no such action.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct

from tui.console import intents
from tui.console.palette import PLAIN, palette
from tui.console.view import Mode, View
from tui.locale import _

EVERY: frozenset[Mode] = frozenset(("operator", "observer", "replay"))
LIVE: frozenset[Mode] = frozenset(("operator", "observer"))
OPERATOR: frozenset[Mode] = frozenset(("operator",))
REPLAY: frozenset[Mode] = frozenset(("replay",))


def N_(message: str) -> str:
    """Marks a text for translation where it is shown, not where it stands."""
    return message


def _always(view: View) -> bool:
    return True


class Action(Struct, frozen=True, kw_only=True):
    """`keys` as Textual names them, `shown` as people read them; `footer`: its place there, 0 for none."""

    name: str
    keys: tuple[str, ...] = ()
    shown: str = ""
    label: str
    help: str
    modes: frozenset[Mode] = EVERY
    applies: Callable[[View], bool] = _always
    footer: int = 0
    commands: bool = False
    palette: bool = True


def _command(
    name: str, key: str, shown: str, label: str, help: str, applies: Callable[[View], bool], footer: int = 0
) -> Action:
    return Action(
        name=name, keys=(key,) if key else (), shown=shown, label=label, help=help, modes=OPERATOR, applies=applies,
        footer=footer, commands=True,
    )  # fmt: skip


def _theme(name: str, label: str, help: str) -> Action:
    """Offered while another one is in force; never where NO_COLOR asks for none."""

    def applies(view: View) -> bool:
        return palette() is not PLAIN and palette().name != name

    return Action(name=f"theme_{name}", label=label, help=help, applies=applies)


ACTIONS: tuple[Action, ...] = (
    _command(
        "execute",
        "x",
        "x",
        N_("execute"),
        N_("Execute the selected step; a dangerous one asks first. Elsewhere: asks for the step that comes next."),
        intents.can_execute,
        1,
    ),
    _command(
        "run_to",
        "X",
        "X",
        N_("run to"),
        N_("Run on to the selected step; stops at signed, dangerous or failed ones."),
        intents.can_run_to,
        4,
    ),
    _command(
        "sign", "s", "s", N_("sign"), N_("Sign the selected step, with a note of what was seen."), intents.can_sign, 1
    ),
    _command(
        "by_hand",
        "b",
        "b",
        N_("by hand"),
        N_("Record that the selected step was done by hand."),
        intents.can_by_hand,
        6,
    ),
    _command("skip", "minus", "-", N_("skip"), N_("Skip the selected step, with a reason."), intents.can_skip, 5),
    _command("cancel", "c", "c", N_("cancel"), N_("Cancel the running step."), intents.can_cancel, 2),
    _command(
        "hold",
        "h",
        "h",
        N_("hold"),
        N_("Hold the run: no further step begins. Again: let it go on."),
        intents.can_hold,
        3,
    ),
    _command(
        "rollback",
        "R",
        "R",
        N_("roll back"),
        N_("Roll back: asks for a reason and the target's name."),
        intents.can_rollback,
        3,
    ),
    _command("note", "n", "n", N_("note"), N_("Write a note into the journal."), intents.has_say, 8),
    _command(
        "accept",
        "",
        "",
        N_("accept what answers"),
        N_("Accept what answers in the target's name as the run's target: asks for a reason and the target's name."),
        intents.can_accept,
    ),
    _command("undo", "", "", N_("undo this step"), N_("Undo what the selected step applied."), intents.can_undo),
    _command("feedback", "", "", N_("record feedback"), N_("Record what users or colleagues said."), intents.has_say),
    _command(
        "resolve",
        "",
        "",
        N_("resolve an error"),
        N_("Say how the latest open error was resolved."),
        intents.can_resolve,
    ),
    _command(
        "take", "", "", N_("take the helm"), N_("Take the helm from whoever has it, with a reason."), intents.can_take
    ),
    _command(
        "handover",
        "",
        "",
        N_("hand the helm over"),
        N_("Give the helm up, with a note for the next person."),
        intents.can_handover,
    ),
    _command(
        "close", "", "", N_("close the run"), N_("Close the run; nothing more can be done in it."), intents.has_say
    ),
    Action(
        name="toggle",
        keys=("space",),
        shown="space",
        label=N_("play/pause"),
        help=N_("Play or pause."),
        modes=REPLAY,
        footer=1,
    ),
    Action(
        name="next_event",
        keys=("full_stop",),
        shown=".",
        label=N_("one event"),
        help=N_("Pause, and go on by one event."),
        modes=REPLAY,
        footer=4,
    ),
    Action(
        name="step_back",
        keys=("left_square_bracket",),
        shown="[",
        label=N_("step back"),
        help=N_("To the previous beginning or end of a step."),
        modes=REPLAY,
        footer=2,
    ),
    Action(
        name="step_on",
        keys=("right_square_bracket",),
        shown="]",
        label=N_("step on"),
        help=N_("To the next beginning or end of a step."),
        modes=REPLAY,
        footer=2,
    ),
    Action(
        name="incident_back",
        keys=("left_curly_bracket",),
        shown="{",
        label=N_("incident back"),
        help=N_("To the previous failure, breach or decision."),
        modes=REPLAY,
        footer=5,
    ),
    Action(
        name="incident_on",
        keys=("right_curly_bracket",),
        shown="}",
        label=N_("incident on"),
        help=N_("To the next failure, breach or decision."),
        modes=REPLAY,
        footer=5,
    ),
    Action(
        name="slower",
        keys=("less_than_sign",),
        shown="<",
        label=N_("slower"),
        help=N_("Play slower."),
        modes=REPLAY,
        footer=3,
    ),
    Action(
        name="faster",
        keys=("greater_than_sign",),
        shown=">",
        label=N_("faster"),
        help=N_("Play faster."),
        modes=REPLAY,
        footer=3,
    ),
    Action(
        name="skip_idle",
        keys=("i",),
        shown="i",
        label=N_("skip idle"),
        help=N_("Shorten stretches in which nothing happens; again: play them whole."),
        modes=REPLAY,
        footer=2,
    ),
    Action(
        name="go",
        keys=("g",),
        shown="g",
        label=N_("go to"),
        help=N_("Go to a number, an offset, a time or a step."),
        modes=REPLAY,
        footer=4,
    ),
    Action(
        name="tenth",
        keys=tuple("0123456789"),
        shown="0-9",
        label=N_("tenths"),
        help=N_("To that tenth of the recording."),
        modes=REPLAY,
        palette=False,
    ),
    Action(name="down", keys=("j", "down"), shown="j", label=N_("down"), help=N_("Move down."), palette=False),
    Action(name="up", keys=("k", "up"), shown="k", label=N_("up"), help=N_("Move up."), palette=False),
    Action(
        name="page_down",
        keys=("pagedown",),
        shown="PgDn",
        label=N_("page down"),
        help=N_("A page down."),
        palette=False,
    ),
    Action(name="page_up", keys=("pageup",), shown="PgUp", label=N_("page up"), help=N_("A page up."), palette=False),
    Action(name="first", keys=("home",), shown="Home", label=N_("first"), help=N_("To the beginning."), palette=False),
    Action(
        name="last",
        keys=("end",),
        shown="End",
        label=N_("last"),
        help=N_("To the end; the log follows again."),
        palette=False,
    ),
    Action(
        name="details",
        keys=("enter",),
        shown="Enter",
        label=N_("details"),
        help=N_("Details of the selected step; never executes."),
        footer=7,
    ),
    Action(
        name="pane",
        keys=("1", "2", "3", "4"),
        shown="1-4",
        label=N_("panes"),
        help=N_("Go to a pane."),
        modes=LIVE,
        palette=False,
    ),
    Action(name="next_pane", keys=("tab",), shown="Tab", label=N_("next pane"), help=N_("To the next pane."), footer=9),
    Action(
        name="previous_pane",
        keys=("shift+tab",),
        shown="Shift+Tab",
        label=N_("previous pane"),
        help=N_("To the previous pane."),
        palette=False,
    ),
    Action(name="zoom", keys=("z",), shown="z", label=N_("zoom"), help=N_("The pane alone on the screen; again: all.")),
    Action(
        name="fold",
        keys=("f",),
        shown="f",
        label=N_("fold"),
        help=N_("Fold the section, then the phase, of the selected step; Enter on a folded one opens it."),
    ),
    Action(
        name="fold_ended",
        keys=("F",),
        shown="F",
        label=N_("fold what has ended"),
        help=N_("Fold every section in which all has ended; again: open everything."),
    ),
    Action(
        name="filter",
        keys=("slash",),
        shown="/",
        label=N_("filter the log"),
        help=N_("Show only lines of the log that hold a text, or a severity such as ERROR."),
        footer=0,
    ),
    Action(
        name="seek",
        keys=("l",),
        shown="l",
        label=N_("look for in the log"),
        help=N_("To the next line of the log that holds a text; the others stay."),
    ),
    Action(
        name="seek_on",
        keys=("L",),
        shown="L",
        label=N_("look further"),
        help=N_("To the next line with the text looked for last."),
    ),
    Action(name="error", keys=("e",), shown="e", label=N_("next error"), help=N_("To the next error in the log.")),
    Action(
        name="wrap",
        keys=("W",),
        shown="W",
        label=N_("wrap the log"),
        help=N_("Long lines of the log in one row each; again: wrap them."),
    ),
    Action(
        name="right",
        keys=("right",),
        shown="Right",
        label=N_("right"),
        help=N_("Move the log sideways, by half a row; what is moved does not wrap."),
        palette=False,
    ),
    Action(
        name="left",
        keys=("left",),
        shown="Left",
        label=N_("left"),
        help=N_("Move the log back to the left."),
        palette=False,
    ),
    Action(
        name="back",
        keys=("escape",),
        shown="Esc",
        label=N_("follow the run"),
        help=N_("Back: no zoom, no filter, the selection follows the run."),
        palette=False,
    ),
    Action(
        name="copy", keys=("y",), shown="y", label=N_("copy"), help=N_("Copy the pane's text through the terminal.")
    ),
    Action(
        name="write", keys=("w",), shown="w", label=N_("write to a file"), help=N_("Write the pane's text to a file.")
    ),
    Action(
        name="milestones",
        keys=("m",),
        shown="m",
        label=N_("milestones"),
        help=N_("The window as a timetable: every milestone planned, reached or expected."),
    ),
    Action(name="team", keys=("t",), shown="t", label=N_("team"), help=N_("Team and contacts.")),
    _theme("dark", N_("theme: dark"), N_("Light text on a dark ground.")),
    _theme("light", N_("theme: light"), N_("Dark text on a light ground.")),
    _theme("ansi", N_("theme: terminal"), N_("The terminal's own sixteen colours.")),
    _theme("contrast", N_("theme: high contrast"), N_("White on black, every text 7:1 or more.")),
    Action(
        name="palette",
        keys=("colon", "ctrl+p"),
        shown=":",
        label=N_("commands"),
        help=N_("All commands by name."),
        footer=9,
        palette=False,
    ),
    Action(
        name="help", keys=("question_mark",), shown="?", label=N_("help"), help=N_("Keys and what they do."), footer=10
    ),
    Action(
        name="detach",
        keys=("q",),
        shown="q",
        label=N_("detach"),
        help=N_("Leave the screen; the engine goes on."),
        modes=LIVE,
        footer=10,
    ),
    Action(
        name="leave", keys=("q",), shown="q", label=N_("leave"), help=N_("Leave the replay."), modes=REPLAY, footer=10
    ),
    Action(
        name="interrupt",
        keys=("ctrl+c", "ctrl+q"),
        shown="Ctrl+C",
        label=N_("what ends this screen"),
        help=N_("Says how to leave; ends nothing."),
        palette=False,
    ),
)


_current = ACTIONS
_ROWS = frozenset(("pane", "tenth"))
"""Actions whose keys are shown as from one to another."""
_MENTIONED = frozenset(("execute", "sign", "by_hand", "skip", "hold", "rollback", "detach", "write"))
"""Actions whose keys stand in sentences."""
ON_STEP = frozenset(("execute", "run_to", "sign", "by_hand", "skip", "undo", "note"))
"""Commands that mean the selected step."""


def use(table: tuple[Action, ...]) -> None:
    """Another table for this process: the same actions with other keys."""
    global _current
    _current = table


def keyed(text: str) -> str:
    """A sentence that names keys as they are shipped, with the keys in force."""
    other = {
        action.shown: now.shown
        for action, now in zip(ACTIONS, _current, strict=True)
        if action.name in _MENTIONED and action.shown != now.shown
    }
    if not other:
        return text
    return re.sub(rf"(?<!\w)(?:{'|'.join(map(re.escape, other))})(?!\w)", lambda found: other[found[0]], text)


def keys_of(name: str) -> tuple[str, ...]:
    """The keys in force of an action, as Textual names them."""
    return next(action.keys for action in _current if action.name == name)


def shown_of(name: str) -> str:
    """The key in force of an action, as people read it."""
    return next(action.shown for action in _current if action.name == name)


def all_shown(action: Action) -> str:
    """Every key of an action as people read them; a row such as 0-9 stays one."""
    from tui.console.keymap import shown

    if action.name in _ROWS:
        return action.shown
    return " ".join((action.shown, *(shown(key) for key in action.keys[1:])))


def of_mode(mode: Mode) -> tuple[Action, ...]:
    """The actions that exist in a mode."""
    return tuple(action for action in _current if mode in action.modes)


def label(action: Action, view: View) -> str:
    """Its label, as it is in this state."""
    if action.name == "hold" and view.state.held_for is not None:
        return _("resume")
    if action.name == "execute" and intents.is_retry(view):
        return _("try again")
    if action.name == "execute" and view.step is not None and intents.instead(view, view.step) is not None:
        return _("execute next")
    if action.name == "run_to" and view.step is not None:
        from tui.console.announce import run_to_range

        found = run_to_range(view, view.step)
        if found:
            return _("run {steps}").format(steps=found)
    if action.name == "skip_idle" and view.playback is not None and view.playback.skip:
        return _("play idle")
    return _(action.label)
