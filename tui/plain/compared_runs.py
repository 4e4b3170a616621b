"""`runs --compare` for people: two runs in the terminal's columns, whole in a pipe. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tui.locale import _, ngettext
from tui.plain.columns import cells, cut, filled, folded
from tui.run.comparison import LockCompared, MetricCompared, MetricFigure, RunsCompared, Seen, Side, StepCompared
from tui.run.lasted import Lasted
from tui.said import N_
from tui.words.codes import ENVIRONMENT, MODE, metric_word, run_word, step_word, word
from tui.words.figures import figure, moment, size, span, whole
from tui.words.inert import visible
from tui.words.lasting import seconds_words

_WHY = {
    "not_reached": N_("not reached"),
    "compressed": N_("time made faster"),
    "by_person": N_("a person's word"),
    "not_ended": N_("has not ended"),
}
_SEEN = {
    "kept": N_("kept by a prepared transaction"),
    "not_taken": N_("not taken"),
    "not_known": N_("not known"),
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
    title = _("steps, the greatest difference first; behind them those of which it is not known")
    lines += [*folded(same, width), "", *folded(title, width)]
    lines += _table([_step(step, width) for step in found.steps], width)
    for name, steps in (("A", found.only_one), ("B", found.only_other)):
        if steps:
            text = _("only in {run}: {steps}").format(run=name, steps=", ".join(map(visible, steps)))
            lines += folded("  " + text, width)
    lines += ["", *_locks(found, width)]
    title = _("measured: median / highest, of what must stay above its limit in either run the lowest")
    lines += ["", *folded(title, width)]
    lines += _table([_metric(one) for one in found.metrics], width) or ["  " + _("nothing was measured in either")]
    return lines


def _locks(found: RunsCompared, width: int | None) -> list[str]:
    lines = folded(_("locks, the greatest difference first; behind them those of which it is not known"), width)
    lines += [line for lock in found.locks[:_LOCKS] for line in folded("  " + _lock(lock), width)]
    if not found.locks:
        lines += folded("  " + _("none was seen in either"), width)
    left = found.locks[_LOCKS:]
    if left:
        unknown = sum(lock.more_s is None for lock in left)
        text = _("and {n} more, {unknown} of them with a difference that is not known")
        told = text.format(n=whole(len(left)), unknown=whole(unknown)) if unknown else _("and {n} more").format(
            n=whole(len(left)))  # fmt: skip
        lines += folded("  " + told, width)
    for step in found.locks_unsaid:
        for name, more, missed in zip("AB", step.more, step.not_looked, strict=True):
            for text in _unsaid(more, missed):
                told = _("{step}, {run}: {what}").format(step=visible(step.step), run=name, what=text)
                lines += folded("  " + told, width)
    return lines


def _unsaid(more: int, missed: int) -> Iterator[str]:
    if more:
        text = ngettext("{n} further lock was taken and is not named", "{n} further locks were taken and are not named",
                        more)  # fmt: skip
        yield text.format(n=whole(more))
    if missed:
        text = ngettext("behind {n} transaction nobody could look", "behind {n} transactions nobody could look", missed)
        yield text.format(n=whole(missed))


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
    if side.seconds is not None:
        told = span(side.seconds)
    elif side.between_s is not None and side.why in ("unseen", "resumed"):
        told = seconds_words(Lasted(side.between_s, side.why))
    else:
        return _(_WHY.get(side.why or "", "?"))
    if side.status not in ("passed", "undone"):
        told += f" ({step_word(side.status or '?')})"
    if side.attempts > 1:
        attempts = ngettext("{n} attempt", "{n} attempts", side.attempts).format(n=whole(side.attempts))
        told += f" ({attempts})"
    return told


def _lock(lock: LockCompared) -> str:
    sides = [
        _held(held, seen, least)
        for held, seen, least in zip((lock.one_s, lock.other_s), lock.seen, lock.least, strict=True)
    ]
    text = _("{step}: {mode} on {relation}, A {one}, B {other}")
    return text.format(step=visible(lock.step), mode=visible(lock.mode), relation=visible(lock.relation),
                       one=sides[0], other=sides[1])  # fmt: skip


def _held(seconds: float | None, seen: Seen, least: bool) -> str:
    if seconds is None:
        return _(_SEEN.get(seen, "?"))
    return _("at least {span}").format(span=span(seconds)) if least else span(seconds)


def _metric(one: MetricCompared) -> list[str]:
    name = metric_word(one.metric)
    row = [name, f"A {_figures(one, one.one)}", f"B {_figures(one, one.other)}"]
    if any(one.breaches):
        told = _("breached A {one}, B {other} times").format(one=one.breaches[0], other=one.breaches[1])
        return [*row, told]
    return [*row, ""]


def _figures(one: MetricCompared, found: MetricFigure | None) -> str:
    """Where the criteria of the two runs tell of both ends of a metric, both ends are told."""
    if found is None:
        return _("not measured")
    median, least, most = (figure(one.metric, value) for value in (found.median, found.least, found.most))
    if one.worst is None:
        return _("{median} / {least} to {most}").format(median=median, least=least, most=most)
    return f"{median} / {least if one.worst == 'least' else most}"


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
