"""Where a replay stands in its recording, with marks for steps, failures and decisions. One line."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from tui.locale import _
from tui.pictures.glyphs import glyphs
from tui.pictures.lines import Line, Span, clipped, width_of
from tui.pictures.view import Playback, View
from tui.words.figures import clock

NOTE_FROM = 64
"""Columns from which it is said whether idle stretches are left out."""


def timeline(view: View, width: int) -> list[Line]:
    """The line: position, the recording as a bar, its length. Mode and speed stand in the header."""
    playback = view.playback
    if playback is None:
        return [()]
    left: list[Span] = [(f"{clock(playback.position)} ", "bold")]
    right: list[Span] = [(f" {clock(playback.length)}", "dim")]
    if playback.read is not None:
        right.append((" " + _("reading, {n} %").format(n=int(playback.read * 100)), "warn"))
    elif playback.goes_on:
        right.append((" " + _("the run goes on"), "run"))
    elif width >= NOTE_FROM:
        right.append((" " + (_("idle skipped") if playback.skip else _("idle played")), "dim"))
    room = width - width_of(left) - width_of(right)
    bar = _bar(playback, room) if room >= 8 else []
    return [clipped((*left, *bar, *right), width)]


def _bar(playback: Playback, width: int) -> list[Span]:
    """One column stands for a stretch of time; in each the worst that happened there."""
    length = max(playback.length, 1e-9)
    here = min(width - 1, int(playback.position / length * width))
    marks = playback.marks
    found: list[Span] = []
    for column in range(width):
        begin, end = length * column / width, length * (column + 1) / width
        last = column == width - 1
        if column == here:
            found.append((glyphs().alive, "run"))
        elif marks is not None and _any(marks.failure_times, begin, end, last):
            found.append((glyphs().status["failed"], "bad"))
        elif marks is not None and _any(marks.incident_times, begin, end, last):
            found.append(("!", "warn"))
        elif marks is not None and _any(marks.step_times, begin, end, last):
            found.append((glyphs().separator, "text" if column < here else "dim"))
        elif column < here:
            found.append((glyphs().full, "bar"))
        else:
            found.append((glyphs().empty, "rule"))
    return found


def _any(times: Sequence[float], begin: float, end: float, last: bool) -> bool:
    place = bisect_left(times, begin)
    return place < len(times) and (times[place] < end or last)
