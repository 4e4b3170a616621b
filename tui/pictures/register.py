"""The register of errors and warnings as a list: what, where, when, and how each was resolved."""

from __future__ import annotations

from typing import Any

from tui.locale import _, ngettext
from tui.pictures.cells import wrapped
from tui.pictures.lines import Line, tinted
from tui.pictures.view import View
from tui.run.errors import RecordedError
from tui.words.errors import error_words
from tui.words.figures import hours, whole
from tui.words.inert import visible
from tui.words.steps import name_of

SHOWN = 200
"""So many are listed; all stand in the journal."""
_ordered: list[Any] = [None, []]
"""The last list that was put in order, and its order: a run may have many, and a screen asks whenever it goes on."""
_INDENT = "   "


def listed(view: View) -> list[RecordedError]:
    """Those that nobody has resolved first, errors before warnings, the last of each first; none of more than fit."""
    errors = view.state.errors
    if _ordered[0] is not errors:
        found = list(reversed(errors))
        found.sort(key=lambda error: (error.resolved is not None, error.level != "error"))
        _ordered[:] = [errors, found[:SHOWN]]
    return list(_ordered[1])


def register_lines(view: View, width: int, marked: str | None = None) -> tuple[list[Line], int]:
    """The list, and in which of its lines the one that is `marked` by its id begins."""
    errors = view.state.errors
    found = listed(view)
    begins = 0
    if not found:
        return [((_("No error and no warning has been recorded."), "dim"),)], 0
    text = ngettext("{open} of {n} entry is open", "{open} of {n} entries are open", len(errors))
    told = text.format(open=whole(errors.unresolved), n=whole(len(errors)))
    lines: list[Line] = [((_("Errors and warnings"), "title"), (f"  {told}", "dim")), ()]
    for error in found:
        own = _of(view, error, width)
        if error.id == marked:
            begins = len(lines)
            own = [tinted(line, "selected", width) for line in own]
        lines += own
    if len(errors) > len(found):
        text = ngettext("{n} older entry stands in the journal.", "{n} older entries stand in the journal.",
                        len(errors) - len(found))  # fmt: skip
        lines += [(), ((text.format(n=whole(len(errors) - len(found))), "dim"),)]
    return lines, begins


def _of(view: View, error: RecordedError, width: int) -> list[Line]:
    at = None if error.step is None else view.state.steps.get(error.step)
    where = [error.sqlstate, None if at is None else name_of(at)]
    if error.file is not None:
        where.append(error.file if error.line is None else f"{error.file}:{error.line}")
    style = "dim" if error.resolved is not None else "bad" if error.level == "error" else "warn"
    state = _("resolved") if error.resolved is not None else _("open")
    head = visible("  ".join(part for part in (f"+{hours(error.mono)}", error.id, *where) if part))
    room = max(10, width - len(_INDENT))
    lines: list[Line] = [((f"{state}  ", style), (head, "bold"))]
    texts = [(error_words(error), style)]
    if error.resolved is not None:
        texts.append((_("Resolved: {text}").format(text=error.resolved), "text"))
    for text, styled in texts:
        lines += [((f"{_INDENT}{part}", styled),) for part in wrapped(visible(text), room)]
    return lines
