"""The lines below what runs: what is wrong, and what was just answered. Neither hides the other."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from tui.pictures.lines import Line, Span, clipped, flowed, plain, sides, width_of
from tui.pictures.view import StatusMessage
from tui.words.inert import visible

_STYLE = {"information": "ok", "warning": "warn", "error": "bad"}
GAP = 2


class Alarm(Struct, frozen=True):
    """What is to be known without having been asked for; `urgent`: it gives way to no answer. `further`: what stands
    behind it in the room that its lines leave."""

    pieces: Sequence[Span] = ()
    urgent: bool = True
    further: Sequence[Span] = ()


def notices(alarm: Alarm, said: StatusMessage | None, width: int, most: int) -> list[Line]:
    """At most `most` lines. That a command was accepted stands behind what is wrong; why one was refused before it."""
    if said is None:
        lines = flowed(alarm.pieces, width, most)
        return flowed([*alarm.pieces, *alarm.further], width, len(lines)) if alarm.further else lines
    answer: list[Span] = [(visible(said.text), _STYLE[said.severity])]
    if not alarm.pieces or not alarm.urgent or plain(tuple(alarm.pieces)) == answer[0][0]:
        return flowed(answer, width, most)
    if said.severity == "information":
        return _behind(flowed(alarm.pieces, width, most), answer, width, most)
    if most == 1:
        return [sides(width, answer, alarm.pieces)]
    above = flowed(answer, width, most - 1)
    return [*above, *flowed(alarm.pieces, width, most - len(above))]


def _behind(lines: list[Line], answer: Sequence[Span], width: int, most: int) -> list[Line]:
    """At the right end of the last line where there is room, in a line of its own, or the last line gives way."""
    if width_of(lines[-1]) + GAP + width_of(answer) <= width:
        return [*lines[:-1], sides(width, lines[-1], answer)]
    if len(lines) < most:
        return [*lines, clipped(answer, width)]
    room = max(width // 2, width - width_of(answer) - GAP)
    return [*lines[:-1], sides(width, clipped(lines[-1], room), clipped(answer, width - room - GAP))]
