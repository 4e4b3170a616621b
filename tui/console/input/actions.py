"""One table of what can be done: bindings, footer, help and palette are made from it.

What commands the engine stands in the operator's table only: an observer's or a replay's screen has no such action.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from msgspec import Struct

from tui.locale import _
from tui.pictures import allowed
from tui.pictures.foreseen import run_to_range
from tui.pictures.view import Mode, View
from tui.said import N_

EVERY: frozenset[Mode] = frozenset(("operator", "observer", "replay"))
LIVE: frozenset[Mode] = frozenset(("operator", "observer"))
OPERATOR: frozenset[Mode] = frozenset(("operator",))
REPLAY: frozenset[Mode] = frozenset(("replay",))
_ROWS = frozenset(("pane", "tenth"))
"""Actions whose keys are shown as from one to another."""


class ConsoleAction(Struct, frozen=True, kw_only=True):
    """`keys`: characters as they are, others as Textual names them; `footer`: its place there, 0 for none."""

    name: str
    keys: tuple[str, ...] = ()
    label: str
    help: str
    modes: frozenset[Mode] = EVERY
    footer: int = 0
    commands: bool = False
    palette: bool = True

    @property
    def shown(self) -> str:
        """Its first key as people read it, or its row of keys such as 0-9; empty where it has none."""
        if self.name in _ROWS:
            return f"{self.keys[0]}-{self.keys[-1]}"
        return shown(self.keys[0]) if self.keys else ""

    @property
    def all_shown(self) -> str:
        """Every key of it as people read them; a row stays one."""
        return self.shown if self.name in _ROWS else " ".join(map(shown, self.keys))


def _command(name: str, keys: str, label: str, help: str, footer: int = 0) -> ConsoleAction:
    return ConsoleAction(
        name=name, keys=tuple(keys.split()), label=label, help=help, modes=OPERATOR, footer=footer, commands=True
    )


def _screen(
    name: str, keys: str, label: str, help: str, footer: int = 0, *, modes: frozenset[Mode] = EVERY,
    palette: bool = True,
) -> ConsoleAction:  # fmt: skip
    return ConsoleAction(
        name=name, keys=tuple(keys.split()), label=label, help=help, modes=modes, footer=footer, palette=palette
    )


ACTIONS: tuple[ConsoleAction, ...] = (
    _command(
        "execute",
        "x",
        N_("execute"),
        N_("Execute the selected step; a dangerous one asks first. Elsewhere: asks for the step that comes next."),
        1,
    ),
    _command(
        "run_to", "X", N_("run to"), N_("Run on to the selected step; stops at signed, dangerous or failed ones."), 4
    ),
    _command("sign", "s", N_("sign"), N_("Sign the selected step, with a note of what was seen."), 1),
    _command("by_hand", "b", N_("by hand"), N_("Record that the selected step was done by hand."), 6),
    _command("skip", "-", N_("skip"), N_("Skip the selected step, with a reason."), 5),
    _command("cancel", "c", N_("cancel"), N_("Cancel the running step."), 2),
    _command("hold", "h", N_("hold"), N_("Hold the run: no further step begins. Again: let it go on."), 3),
    _command("rollback", "R", N_("roll back"), N_("Roll back: asks for a reason and the target's name."), 3),
    _command("note", "n", N_("note"), N_("Write a note into the journal."), 8),
    _command(
        "accept",
        "",
        N_("accept what answers"),
        N_("Accept what answers in the target's name as the run's target: asks for a reason and the target's name."),
    ),
    _command("undo", "", N_("undo this step"), N_("Undo what the selected step applied.")),
    _command("feedback", "", N_("record feedback"), N_("Record what users or colleagues said.")),
    _command("lesson", "", N_("write down a lesson"), N_("Write down what was learnt, for the next run of the plan.")),
    _command(
        "improve",
        "",
        N_("write down an improvement"),
        N_("What is to be better the next time, who sees to it, until when."),
    ),
    _command("resolve", "", N_("resolve an error"), N_("Say how the latest open error was resolved.")),
    _command(
        "rest",
        "",
        N_("let the engine rest"),
        N_("End the engine where nothing runs: nothing watches any more, and the run stays open."),
    ),
    _command("take", "", N_("take the helm"), N_("Take the helm from whoever has it, with a reason.")),
    _command("handover", "", N_("hand the helm over"), N_("Give the helm up, with a note for the next person.")),
    _command("close", "", N_("close the run"), N_("Close the run; nothing more can be done in it.")),
    _screen("toggle", "space", N_("play/pause"), N_("Play or pause."), 1, modes=REPLAY),
    _screen("next_event", ".", N_("one event"), N_("Pause, and go on by one event."), 4, modes=REPLAY),
    _screen("step_back", "[", N_("step back"), N_("To the previous beginning or end of a step."), 2, modes=REPLAY),
    _screen("step_on", "]", N_("step on"), N_("To the next beginning or end of a step."), 2, modes=REPLAY),
    _screen(
        "incident_back", "{", N_("incident back"), N_("To the previous failure, breach or decision."), 5, modes=REPLAY
    ),
    _screen("incident_on", "}", N_("incident on"), N_("To the next failure, breach or decision."), 5, modes=REPLAY),
    _screen("slower", "<", N_("slower"), N_("Play slower."), 3, modes=REPLAY),
    _screen("faster", ">", N_("faster"), N_("Play faster."), 3, modes=REPLAY),
    _screen(
        "skip_idle",
        "i",
        N_("skip idle"),
        N_("Shorten stretches in which nothing happens; again: play them whole."),
        2,
        modes=REPLAY,
    ),
    _screen("go", "g", N_("go to"), N_("Go to a number, an offset, a time or a step."), 4, modes=REPLAY),
    _screen(
        "tenth", "0 1 2 3 4 5 6 7 8 9", N_("tenths"), N_("To that tenth of the recording."), modes=REPLAY, palette=False
    ),
    _screen("down", "j down", N_("down"), N_("Move down."), palette=False),
    _screen("up", "k up", N_("up"), N_("Move up."), palette=False),
    _screen("page_down", "pagedown", N_("page down"), N_("A page down."), palette=False),
    _screen("page_up", "pageup", N_("page up"), N_("A page up."), palette=False),
    _screen("first", "home", N_("first"), N_("To the beginning."), palette=False),
    _screen("last", "end G", N_("last"), N_("To the end; the log follows again."), palette=False),
    _screen(
        "find",
        "g",
        N_("go to a step"),
        N_("To a step by its number or id, or to the next one whose title holds a text; empty: further."),
        modes=LIVE,
    ),
    _screen("details", "enter", N_("details"), N_("Details of the selected step; never executes."), 7),
    _screen("pane", "1 2 3 4", N_("panes"), N_("Go to a pane."), modes=LIVE, palette=False),
    _screen("next_pane", "tab", N_("next pane"), N_("To the next pane."), 9),
    _screen("previous_pane", "shift+tab", N_("previous pane"), N_("To the previous pane."), palette=False),
    _screen("zoom", "z", N_("zoom"), N_("The pane alone on the screen; again: all.")),
    _screen(
        "fold",
        "f",
        N_("fold"),
        N_("Fold the section, then the phase, of the selected step; Enter on a folded one opens it."),
    ),
    _screen(
        "fold_ended",
        "F",
        N_("fold what has ended"),
        N_("Fold every section in which all has ended; again: open everything."),
    ),
    _screen(
        "filter",
        "/",
        N_("filter the log"),
        N_("Show only lines of the log that hold a text, or a severity such as ERROR."),
    ),
    _screen(
        "seek", "l", N_("look for in the log"), N_("To the next line of the log that holds a text; the others stay.")
    ),
    _screen("seek_on", "L", N_("look further"), N_("To the next line with the text looked for last.")),
    _screen("error", "e", N_("next error"), N_("To the next error in the log.")),
    _screen(
        "errors",
        "E",
        N_("errors"),
        N_("All errors and warnings: what, where, when, and how each was resolved; resolve one from there."),
    ),
    _screen("wrap", "W", N_("wrap the log"), N_("Long lines of the log in one row each; again: wrap them.")),
    _screen(
        "right",
        "right",
        N_("right"),
        N_("Move the log sideways, by half a row; what is moved does not wrap."),
        palette=False,
    ),
    _screen("left", "left", N_("left"), N_("Move the log back to the left."), palette=False),
    _screen(
        "back",
        "escape",
        N_("follow the run"),
        N_("Back: no zoom, no filter, the selection follows the run."),
        palette=False,
    ),
    _screen("copy", "y", N_("copy"), N_("Copy the pane's text through the terminal.")),
    _screen("write", "w", N_("write to a file"), N_("Write the pane's text to a file.")),
    _screen(
        "milestones",
        "m",
        N_("milestones"),
        N_("The window as a timetable: every milestone planned, reached or expected."),
    ),
    _screen("team", "t", N_("team"), N_("Team and contacts.")),
    _screen("theme_dark", "", N_("theme: dark"), N_("Light text on a dark ground.")),
    _screen("theme_light", "", N_("theme: light"), N_("Dark text on a light ground.")),
    _screen("theme_ansi", "", N_("theme: terminal"), N_("The terminal's own sixteen colours.")),
    _screen("theme_contrast", "", N_("theme: high contrast"), N_("White on black, every text 7:1 or more.")),
    _screen("palette", ": ctrl+p", N_("commands"), N_("All commands by name."), 9, palette=False),
    _screen("help", "?", N_("help"), N_("Keys and what they do."), 10),
    _screen("detach", "q", N_("detach"), N_("Leave the screen; the engine goes on."), 10, modes=LIVE),
    _screen("leave", "q", N_("leave"), N_("Leave the replay."), 10, modes=REPLAY),
    _screen(
        "interrupt", "ctrl+c ctrl+q", N_("what ends this screen"), N_("Says how to leave; ends nothing."), palette=False
    ),
)
ON_STEP = frozenset(("execute", "run_to", "sign", "by_hand", "skip", "undo", "note"))
"""Commands that mean the selected step."""

RESERVED = frozenset(("enter", "escape", "ctrl+c", "ctrl+q"))
"""Keys that always mean the same."""
_KEY = re.compile(
    r"(?:(?:ctrl|shift|alt)\+)*(?:[a-z0-9]|f(?:[1-9]|1[0-9]|2[0-4])"
    r"|space|tab|up|down|left|right|home|end|pageup|pagedown|insert|delete|backspace)"
)
_SHORT = {"pagedown": "PgDn", "pageup": "PgUp", "escape": "Esc", "space": "space"}


def named(written: str) -> str | None:
    """The name of the key that somebody has written; None where it is none."""
    if len(written) == 1 and written.isprintable():
        return None if written == " " else written
    key = written.lower()
    return key if key in RESERVED or _KEY.fullmatch(key) else None


@cache
def shown(key: str) -> str:
    """As people read it: `-`, `X`, `Ctrl+E`, `F5`."""
    if len(key) == 1:
        return key
    return _SHORT.get(key) or "+".join(part.upper() if len(part) == 1 else part.capitalize() for part in key.split("+"))


_APPLIES: dict[str, Callable[[View], bool]] = {
    "execute": allowed.can_execute, "run_to": allowed.can_run_to, "sign": allowed.can_sign,
    "by_hand": allowed.can_by_hand, "skip": allowed.can_skip, "cancel": allowed.can_cancel, "hold": allowed.can_hold,
    "rollback": allowed.can_rollback, "note": allowed.has_say, "accept": allowed.can_accept, "undo": allowed.can_undo,
    "feedback": allowed.has_say, "lesson": allowed.has_say, "improve": allowed.has_say,
    "resolve": allowed.can_resolve, "rest": allowed.can_rest, "take": allowed.can_take,
    "handover": allowed.can_handover, "close": allowed.has_say,
}  # fmt: skip


def applies(action: ConsoleAction, view: View) -> bool:
    """Whether it would do anything now."""
    return not action.commands or _APPLIES[action.name](view)


def label(action: ConsoleAction, view: View) -> str:
    """Its label, as it is in this state."""
    if action.name == "hold" and view.state.held_for is not None:
        return _("resume")
    if action.name == "execute" and allowed.is_retry(view):
        return _("try again")
    if action.name == "execute" and view.step is not None and allowed.instead(view, view.step) is not None:
        return _("execute next")
    if action.name == "run_to" and view.step is not None:
        found = run_to_range(view, view.step)
        if found:
            return _("run {steps}").format(steps=found)
    if action.name == "skip_idle" and view.playback is not None and view.playback.skip:
        return _("play idle")
    return _(action.label)
