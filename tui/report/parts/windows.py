"""Each window on the first page: planned when the run was opened, moved since, used."""

from __future__ import annotations

from collections.abc import Iterator

from tui.locale import _
from tui.report.blocks import Fact
from tui.report.planned import MovedWindow, PlannedWindow
from tui.report.reading import JournalReading, Used
from tui.report.times import Times
from tui.run.clock import Bounds
from tui.words.figures import span


def windows(reading: JournalReading, times: Times) -> Iterator[Fact]:
    """What was used is held against what was planned; where an amendment moved that, against both."""
    for key, window in reading.planned.windows():
        name = _("window of phase {number}").format(number=window.phase) if window.phase else _("window")
        lines = [_planned(window, times), *(moved(one, times) for one in window.moved)]
        used = reading.used.get(key)
        if used is None:
            yield Fact(name, "\n".join((*lines, _("nothing was changed in it"))))
            continue
        style, told = _used(window, used, times)
        yield Fact(name, "\n".join((*lines, told)), style)


def moved(one: MovedWindow, times: Times) -> str:
    """What an amendment made of it."""
    text = _("amendment {n}, {at}: {window}")
    made = _("none of its own any more") if one.bounds is None else bounds(one.bounds, times)
    return text.format(n=one.number, at=times.at(one.at), window=made)


def bounds(window: Bounds, times: Times) -> str:
    """From when to when, and what of it is buffer."""
    text = _("{span} ({duration}, and {buffer} buffer)") if window.buffer_s else "{span}"
    return text.format(
        span=times.span(window.opens, window.closes), duration=span(window.duration_s), buffer=span(window.buffer_s)
    )


def _planned(window: PlannedWindow, times: Times) -> str:
    if window.planned is None:
        return _("none was planned when the run was opened")
    text = _("planned when the run was opened: {window}") if window.moved else _("planned {window}")
    return text.format(window=bounds(window.planned, times))


def _used(window: PlannedWindow, used: Used, times: Times) -> tuple[str, str]:
    """Its style, and in words."""
    first, last = times.wall(used.first), times.wall(used.last)
    seconds = span(used.last - used.first)
    facts = {"span": times.span(first, last), "seconds": _("at most {span}").format(span=seconds) if used.unseen else
             seconds}  # fmt: skip
    if window.moved and window.last is not None:
        facts["amended"] = _held_against(window.last, first, last, used.unseen)[1]
    if window.planned is None:
        text = _("used {span} ({seconds}): of the amended one, {amended}")
        return "warn", (text if "amended" in facts else _("used {span} ({seconds})")).format(**facts)
    style, facts["verdict"] = _held_against(window.planned, first, last, used.unseen)
    text = _("used {span} ({seconds}): of the planned one, {verdict}; of the amended one, {amended}")
    return style, (text if "amended" in facts else _("used {span} ({seconds}): {verdict}")).format(**facts)


def _held_against(window: Bounds, first: float, last: float, unseen: bool) -> tuple[str, str]:
    """`unseen`: nobody saw the last end, which was then or before."""
    if first >= window.closes:
        return "bad", _("begun {span} after its end").format(span=span(first - window.closes))
    if unseen and last > window.closes:
        return "warn", _("whether it was kept is not known: nobody saw the end of the last change")
    if last > window.closes:
        return "bad", _("{span} longer than it").format(span=span(last - window.closes))
    if first < window.opens - 0.5:
        return "warn", _("begun {span} before it").format(span=span(window.opens - first))
    if last > window.closes - window.buffer_s:
        return "warn", _("into its buffer")
    return "ok", _("inside it")
