"""One measured figure beside its peer and its budget, and the table of them."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any, Literal

from msgspec import Struct


class Budget(Struct, frozen=True):
    """A limit of the ratio to the peer, or of the figure itself."""

    limit: float
    of: Literal["ratio", "ours"] = "ratio"
    sense: Literal["at_most", "at_least"] = "at_most"

    def met(self, ours: float, ratio: float | None) -> bool | None:
        """None when what it limits was not measured."""
        value = ours if self.of == "ours" else ratio
        if value is None:
            return None
        return value <= self.limit if self.sense == "at_most" else value >= self.limit

    def text(self, unit: str) -> str:
        return f"{'≤' if self.sense == 'at_most' else '≥'} {number(self.limit)} {'x' if self.of == 'ratio' else unit}"


class Figure(Struct, frozen=True, kw_only=True):
    """`ours` and `theirs`: one value per round, in `unit`; `peer` says what theirs is. A note stands below its row."""

    what: str
    unit: str
    ours: tuple[float, ...]
    theirs: tuple[float, ...] = ()
    peer: str = ""
    budget: Budget | None = None
    note: str = ""

    @property
    def value(self) -> float:
        return median(self.ours)

    @property
    def ratios(self) -> tuple[float, ...]:
        """Of rounds with the same number, so that a slow moment of the machine falls on both."""
        if not self.theirs or not all(self.theirs):
            return ()
        if len(self.ours) == len(self.theirs):
            return tuple(a / b for a, b in zip(self.ours, self.theirs, strict=True))
        return (self.value / median(self.theirs),)

    @property
    def ratio(self) -> float | None:
        return median(self.ratios) if self.ratios else None

    @property
    def spread(self) -> str:
        """The ratio, and from where to where it went: a budget inside that range is neither met nor missed for sure."""
        if self.ratio is None:
            return ""
        low, high = min(self.ratios), max(self.ratios)
        return f"{self.ratio:.2f}" if len(self.ratios) == 1 else f"{self.ratio:.2f} ({low:.2f}-{high:.2f})"

    @property
    def met(self) -> bool | None:
        return None if self.budget is None else self.budget.met(self.value, self.ratio)

    def data(self) -> dict[str, Any]:
        """As written to a file: all samples, and what is derived from them."""
        return {
            "what": self.what, "unit": self.unit, "value": self.value, "ours": self.ours, "peer": self.peer,
            "theirs": self.theirs, "ratio": self.ratio, "ratios": self.ratios, "met": self.met, "note": self.note,
            "budget": None if self.budget is None else self.budget.text(self.unit),
        }  # fmt: skip


class NotMeasured(Exception):
    """Something a bench needs is not on this machine; says what."""


def number(value: float) -> str:
    """Three significant digits, no exponent."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    digits = 2 if abs(value) >= 1 else 3
    return f"{value:.{digits}f}".rstrip("0").rstrip(".")


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of them do not exceed. ValueError without values."""
    if not values:
        raise ValueError("a percentile needs values")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def table(figures: Sequence[Figure]) -> str:
    """One row a figure: what, ours, peer or limit, ratio, budget, whether it was met."""
    heading = ("what", "ours", "peer or limit", "ratio", "budget", "met")
    rows: list[tuple[str, ...]] = [heading]
    for figure in figures:
        theirs = f"{number(median(figure.theirs))} {figure.unit}, {figure.peer}" if figure.theirs else figure.peer
        rows.append(
            (
                figure.what,
                f"{number(figure.value)} {figure.unit}",
                theirs,
                figure.spread,
                "" if figure.budget is None else figure.budget.text(figure.unit),
                {None: "", True: "met", False: "NOT MET"}[figure.met],
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(heading))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    for at in range(len(figures) - 1, -1, -1):
        if figures[at].note:
            lines.insert(at + 3, f"    {figures[at].note}")
    return "\n".join(lines)
