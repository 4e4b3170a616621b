"""Times of a run as its report writes them: by the clocks of the window's zone, and from the window's opening."""

from __future__ import annotations

from tui.finite import local
from tui.locale import _
from tui.pictures.timezone import zone
from tui.run.clock import instant
from tui.run.state import RunState
from tui.words.figures import offset


class Times:
    """Of one run."""

    def __init__(self, state: RunState) -> None:
        self.where = zone(state)
        self.opened = instant(state.opened_at) if state.opened_at else 0.0
        opened = state.opened
        self.window = None if opened is None else opened.window
        last = local(instant(state.at) if state.at else self.opened, self.where).date()
        self.day = str(last) if local(self.opened, self.where).date() == last else None
        """The day on which all of the run lies."""
        self._zero = None if self.window is None else instant(self.window.opens)

    @property
    def zone_name(self) -> str:
        """What the zone is called."""
        known = self.window is not None and str(self.where) == self.window.timezone
        return str(self.where) if known else "UTC"

    def moment(self, wall: float) -> str:
        """`2026-12-05 22:00:00`."""
        return f"{local(wall, self.where):%Y-%m-%d %H:%M:%S}"

    def at(self, at: str | None) -> str:
        """The same of a time as it stands in the journal; "" for none."""
        return self.moment(instant(at)) if at else ""

    def wall(self, mono: float) -> float:
        """Seconds since the epoch, by the clock of the opening."""
        return self.opened + mono

    def mono(self, wall: float) -> float:
        return wall - self.opened

    def t(self, wall: float) -> str:
        """`T+12:34`; nothing without a window."""
        return "" if self._zero is None else offset(wall - self._zero)

    def short(self, at: str | None) -> str:
        """The time alone where the whole run is of one day, which is said once."""
        if not at or self.day is None:
            return self.at(at)
        return f"{local(instant(at), self.where):%H:%M:%S}"

    def both(self, at: str | None) -> str:
        """The time, and in a second line how far from the window's opening that is."""
        if not at:
            return ""
        return "\n".join(filter(None, (self.short(at), self.t(instant(at)))))

    def span(self, first: float, last: float) -> str:
        """`2026-12-05 22:00:00 to 22:31:04`, both as seconds since the epoch; of another day its date."""
        one, other = local(first, self.where), local(last, self.where)
        end = f"{other:%H:%M:%S}" if one.date() == other.date() else f"{other:%Y-%m-%d %H:%M:%S}"
        return _("{first} to {last}").format(first=f"{one:%Y-%m-%d %H:%M:%S}", last=end)
