"""`runs --compare` for people: two runs in the terminal's columns, whole in a pipe. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tui.locale import _, ngettext
from tui.plain.columns import cells, cut, filled, folded
from tui.run.comparison import LockCompared, MetricCompared, MetricFigure, RunsCompared, Side, StepCompared
from tui.said import N_
from tui.words.codes import ENVIRONMENT, MODE, metric_word, run_word, step_word, word
from tui.words.figures import figure, moment, size, span, whole
from tui.words.inert import visible

_WHY = {
    "not_reached": N_("not reached"),
    "compressed": N_("time made faster"),
    "by_person": N_("a person's word"),
    "not_ended": N_("has not ended"),
}
_TITLE = 34
_LOCKS = 20


def compared_lines(found: RunsCompared, width: int | None) -> list[str]:
    """`width`: the terminal's columns, None for a pipe, in which nothing is cut."""
    lines = [line for name, run in zip("AB", found.runs, strict=True) for line in folded(_run(name, run), width)]
    if not found.same_plan:
        lines += folded(_("The runs are of different plans."), width)
    same = _("Both carried out the same work.") if found.same_work else _(
        "What they carried out differs: steps, files or criteria are not the same.")  # fmt: skip
    lines += [*folded(same, width), "", _("steps, the greatest difference first")]
    lines += _table([_step(step, width) for step in found.steps], width)
    for name, steps in (("A", found.only_one), ("B", found.only_other)):
        if steps:
            text = _("only in {run}: {steps}").format(run=name, steps=", ".join(map(visible, steps)))
            lines += folded("  " + text, width)
    lines += ["", _("locks, the greatest difference first")]
    lines += [line for lock in found.locks[:_LOCKS] for line in folded("  " + _lock(lock), width)]
    if not found.locks:
        lines.append("  " + _("none was seen in either"))
    more = len(found.locks) - _LOCKS
    if more > 0:
        lines.append("  " + _("and {n} more").format(n=whole(more)))
    title = _("measured: median / highest, of what must stay above its limit the lowest")
    lines += ["", *folded(title, width)]
    lines += _table([_metric(one) for one in found.metrics], width) or ["  " + _("nothing was measured in either")]
    return lines


def _run(name: str, run: dict[str, Any]) -> str:
    text = _("{name}  {run}  {target} ({environment}, {mode}), {status}, opened {at}").format(
        name=name, run=visible(run["id"]), target=visible(run["target"]),
        environment=word(ENVIRONMENT, run["environment"]), mode=word(MODE, run["mode"]),
        status=run_word(run["status"]), at=moment(run["opened"]),
    )  # fmt: skip
    more = []
    if run["server_version"] is not None:
        more.append(f"PostgreSQL {_version(run['server_version'])}")
    if run["database_bytes"] is not None:
        more.append(_("a database of {size}").format(size=size(run["database_bytes"])))
    if run["compress"] != 1:
        more.append(_("time passed faster: {factor}x").format(factor=f"{run['compress']:g}"))
    if run["amended"]:
        more.append(ngettext("amended {n} time", "amended {n} times", run["amended"]).format(n=run["amended"]))
    return ", ".join([text, *more])


def _version(number: int) -> str:
    return f"{number // 10000}.{number % 10000}"


def _step(step: StepCompared, width: int | None) -> list[str]:
    title = f"{visible(step.number)} {visible(step.step)}"
    differs = ""
    if step.more_s is not None:
        # What is less than a thousandth of a second is no difference.
        differs = f"{'+' if step.more_s >= 0 else ''}{span(step.more_s)}" if abs(step.more_s) >= 0.001 else "="
        if step.times is not None and differs != "=":
            differs += " " + _("({times} times)").format(times=f"{step.times:.3g}")
    return [title if width is None else cut(title, _TITLE), f"A {_side(step.one)}", f"B {_side(step.other)}", differs]


def _side(side: Side) -> str:
    if side.seconds is None:
        return _(_WHY.get(side.why or "", "?"))
    told = span(side.seconds)
    if side.status not in ("passed", "undone"):
        told += f" ({step_word(side.status or '?')})"
    if side.attempts > 1:
        attempts = ngettext("{n} attempt", "{n} attempts", side.attempts).format(n=whole(side.attempts))
        told += f" ({attempts})"
    return told


def _lock(lock: LockCompared) -> str:
    sides = [_held(held, looked) for held, looked in zip((lock.one_s, lock.other_s), lock.looked, strict=True)]
    text = _("{step}: {mode} on {relation}, A {one}, B {other}")
    return text.format(step=visible(lock.step), mode=visible(lock.mode), relation=visible(lock.relation),
                       one=sides[0], other=sides[1])  # fmt: skip


def _held(seconds: float | None, looked: bool) -> str:
    if seconds is not None:
        return span(seconds)
    return _("not taken") if looked else _("not known")


def _metric(one: MetricCompared) -> list[str]:
    name = metric_word(one.metric)
    row = [name, f"A {_figures(one.metric, one.one)}", f"B {_figures(one.metric, one.other)}"]
    if any(one.breaches):
        told = _("breached A {one}, B {other} times").format(one=one.breaches[0], other=one.breaches[1])
        return [*row, told]
    return [*row, ""]


def _figures(metric: str, found: MetricFigure | None) -> str:
    if found is None:
        return _("not measured")
    return f"{figure(metric, found.median)} / {figure(metric, found.worst)}"


def _table(rows: Sequence[Sequence[str]], width: int | None) -> list[str]:
    """Columns as wide as what stands in them; a row that has no room goes on below."""
    if not rows:
        return []
    wide = [max(cells(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = []
    for row in rows:
        text = "  " + "  ".join(filled(cell, wide[place]) for place, cell in enumerate(row)).rstrip()
        lines += [text] if width is None or cells(text) <= width else folded(
            "  ".join(cell for cell in row if cell), width, indent=2
        )  # fmt: skip
    return lines
