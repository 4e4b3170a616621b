"""One row of the checklist: status, time, number, title, who does it. Rows are painted one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import Struct

from tui.locale import _, ngettext
from tui.pictures.cells import cells, cut, fit
from tui.pictures.checklist_order import ChecklistRow
from tui.pictures.glyphs import glyphs
from tui.pictures.lines import Line, Span, clipped, sides, tinted, width_of
from tui.pictures.lines import columns as in_columns
from tui.pictures.view import View
from tui.run.clock import expected, starts_in
from tui.run.confirmation import is_dangerous
from tui.run.lasted import lasted
from tui.run.state import RunState
from tui.run.steps import Status, Steps, StepState
from tui.run.upcoming import comes_next
from tui.words.codes import FATE_REASON, reason_of, step_word, word
from tui.words.figures import clock
from tui.words.inert import visible
from tui.words.lasting import sign
from tui.words.progress import progress_of
from tui.words.waiting import wait_words

TAKEN = 5
"""Columns of the time that a step took or takes; hours stand in those of the estimate as well."""
LONGEST_NUMBER = 11
LONGEST_ROLE = 12
"""Columns for who does a step; a longer role is cut, and stands whole in the details."""
SHORT_ROLE, WIDE_ROLE = 7, 76
"""Columns of a role at most where the whole row has fewer than these."""
ROLE_FROM = 62
"""Columns from which there is room for who does a step."""


def heading_row(
    row: ChecklistRow, view: View, done: int, total: int, width: int, *, folded: bool = False, trouble: int = 0
) -> Line:
    """A phase or a section; `done` of its `total` steps have ended, `trouble` of them failed, told where folded."""
    right: list[Span] = [(f"{done}/{total} ", "ok" if done == total else "dim")]
    if folded:
        right.insert(0, (_("folded") + " ", "dim"))
    if trouble:
        right.insert(0, (ngettext("{n} FAILED", "{n} FAILED", trouble).format(n=trouble) + " ", "bad"))
    mark = glyphs().folded if folded else " "
    if row.kind == "section":
        return sides(width, [(f"  {mark}{row.number} {visible(row.title)}", "section")], right)
    title = visible(row.title)
    style = "phase"
    if row.group == "undo":
        title, style = _("Undo of what was applied"), "warn"
    elif row.group == "rollback":
        title, style = _("ROLLBACK {number} {title}").format(number=row.number, title=title), "warn"
    else:
        title = f"{row.number} {title}"
    left: list[Span] = [(f"{mark}{title}", style)]
    wait = starts_in(view.state, view.state.steps.at(row.position).place.starts, view.moment.wall)
    gone = view.nothing_runs or view.state.given_up
    if row.group == "main" and wait is not None and wait > 0 and not gone:
        left.append((" " + _("starts in {span}").format(span=clock(wait)), "dim"))
    return sides(width, left, right)


STATUS_STYLE: dict[Status, str] = {
    "pending": "dim", "running": "run", "passed": "ok", "failed": "bad", "skipped": "warn", "signed": "ok",
    "by_hand": "ok", "cancelled": "warn", "undone": "warn", "undecided": "bad",
}  # fmt: skip


class Columns(Struct, frozen=True, kw_only=True):
    """What a row's columns take, as wide as what stands in them: words of statuses, the longest estimate (0: there is
    none), numbers, roles. What they leave is the title's."""

    status: int = 9
    estimate: int = 6
    number: int = 5
    role: int = 9

    def before(self) -> int:
        """Columns in front of the title."""
        return 3 + self.status + 1 + self.number + 1

    @property
    def time(self) -> int:
        """The time taken, and the estimate."""
        return TAKEN + (self.estimate + 1 if self.estimate else 0)

    def needed(self, title: int) -> int:
        """Columns of a row in which a title of so many is whole, whatever stands behind it."""
        return self.before() + title + 1 + self.time + (self.role + 1 if self.role else 0)


def columns_of(steps: Steps, statuses: Iterable[Status], expected: Callable[[StepState], float | None]) -> Columns:
    """As wide as these steps need them; `statuses`: those that steps have at present."""
    words = (_("running"), _("next"), _("waiting"), *map(step_word, statuses))
    estimate = number = role = 0
    for at in steps:
        seconds = expected(at)
        estimate = max(estimate, 0 if seconds is None else cells(clock(seconds)) + 1)
        number = max(number, len(at.place.number))
        role = max(role, cells(visible(at.step.role or "")))
    return Columns(
        status=max(map(cells, words)), estimate=estimate, number=min(LONGEST_NUMBER, number),
        role=min(LONGEST_ROLE, role),
    )  # fmt: skip


def is_committed(at: StepState) -> bool:
    """Whether its outcome carries the proof that a transaction of it was committed."""
    return at.effect != "none" and ("commit" in at.evidence or at.witness is not None)


def step_row(at: StepState, view: View, width: int, columns: Columns) -> Line:
    """A step; the selected one is tinted. Times and who does it stand in columns at the right end; a title goes on into
    those in which nothing stands."""
    # A companion that ends with the step it accompanies is as it should be.
    accompanied = at.status == "cancelled" and at.reason == "host_ended"
    style = "dim" if accompanied else STATUS_STYLE[at.status]
    mark = glyphs().pointer if at.id == view.selected else " "
    told = _("ended") if accompanied else step_word(at.status)
    gone = view.state.given_up and at.group == "main"
    if at.status in ("pending", "cancelled") and not at.stops and is_next(view.state, at):
        told, style = _("next"), "bold"
    elif at.status == "running" and view.nothing_runs:
        told, style = _("unsure"), "bad"
    elif at.status == "running" and at.waiting:
        told, style = _("waiting"), "warn"
    status = f"{mark}{glyphs().status[at.status]} {told}"
    title_style = {"running": "bold", "failed": "bad", "undecided": "bad"}.get(at.status, "text")
    if at.status in ("skipped", "undone") or (at.status == "pending" and (gone or at.step.with_ is not None)):
        title_style = "dim"
    # What is taken back has no order to go on in: nothing further of it is expected.
    time, time_style = ("", "dim") if gone and at.status == "pending" else _time(at, view, columns)
    left = in_columns((status, 3 + columns.status, style), (at.place.number, columns.number, "dim"))
    # Beside other panes a title needs the room more than the end of a long role.
    role = min(columns.role, SHORT_ROLE if width < WIDE_ROLE else columns.role) if width >= ROLE_FROM else 0
    who = fit(visible(at.step.role or ""), role)
    right: list[Span] = [(time, time_style), (f" {who}" if role else "", "dim")]
    if not who.strip(" "):
        right = [(time, time_style), (" " * cells(right[1][0]), "dim")] if time.strip(" ") else []
    elif not time.strip(" "):
        right = [(who, "dim")]
    else:
        right[0] = (time.lstrip(" "), time_style)
    room = max(0, width - width_of(left) - (width_of(right) + 1 if right else 0))
    unsaid = accompanied or (gone and at.status == "pending")
    title, more = visible(at.step.title), [] if unsaid else _more(at, view)
    if at.status == "passed" and cells(title) + width_of(more) > room:
        # That it is committed stands in the details as well; its title does not stand anywhere else on the screen.
        more = []
    # A title gives way to the word that says it is dangerous; what is more than that gives way to the title.
    kept = width_of(more) if at.status == "pending" else 0
    body = clipped([(cut(title, max(0, room - kept)), title_style), *more], room)
    line: Line = (*left, *body)
    if right:
        line = (*line, (" " * (room - width_of(body) + 1), "text"), *right)
    line = clipped(line, width)
    return tinted(line, "selected", width) if at.id == view.selected else line


def _time(at: StepState, view: View, columns: Columns) -> tuple[str, str]:
    estimate = expected(view.state, at)
    shown = "" if estimate is None else f"~{clock(estimate)}"
    if at.status == "running" and at.started is not None:
        elapsed = max(0.0, view.moment.mono - at.started)
        late = estimate is not None and elapsed > estimate * 1.5 and elapsed > estimate + 5
        return _spans(clock(elapsed), shown, columns), "warn" if late else "run"
    if at.started is not None and at.ended is not None:
        took = lasted(at)
        unsure = sign(None if took is None else took.unsure)
        return _spans(unsure + clock(at.ended - at.started), shown, columns), "dim"
    return shown.rjust(columns.time), "dim"


def is_next(state: RunState, at: StepState) -> bool:
    """Whether it is the step that comes next."""
    found = comes_next(state)
    return found is not None and found.id == at.id


def _spans(taken: str, estimate: str, columns: Columns) -> str:
    """Both in columns; of hours the estimate gives way (it stands in the details), never the time taken."""
    width = columns.time
    if not estimate:
        return taken.rjust(width)
    text = taken.rjust(TAKEN) + estimate.rjust(width - TAKEN)
    if len(text) <= width:
        return text
    return taken + estimate.rjust(width - len(taken)) if len(taken) + len(estimate) < width else taken


def _more(at: StepState, view: View) -> list[Span]:
    """Behind the title: why it waits, how far it is, why it did not go well, that it is dangerous."""
    if at.status == "running" and view.nothing_runs and not at.tx_sent:
        return [(" - " + _("its engine has ended"), "bad")]
    if at.status == "running":
        if at.waiting:
            return [(" - " + wait_words(at.waiting, at.waiting_facts), "warn")]
        if at.tx_sent:
            return [(" - " + _("COMMIT sent, no answer yet"), "warn")]
        if at.cancel:
            return [(" - " + _("being cancelled"), "warn")]
        if at.progress:
            return [(" - " + progress_of(at), "text")]
        return []
    if at.status in ("failed", "undecided", "cancelled", "skipped") and at.group != "undo":
        why = reason_of(at.reason, at.sqlstate, at.status, at.by) or word(FATE_REASON, at.fate_reason)
        return [(f" - {why}", "dim")] if why else []
    if at.status == "passed" and is_committed(at):
        return [(" " + _("(committed)"), "ok")]
    found: list[Span] = []
    if at.status == "pending" and at.amended:
        found.append((" " + _("(amended)"), "warn"))
    if at.status == "pending" and is_dangerous(view.state, at.step):
        found.append((" " + _("(dangerous)"), "warn"))
    return found
