"""`status` and `runs` for people: neutral data laid out in at most 80 columns. Pure."""

from __future__ import annotations

import textwrap
from typing import Any

from tui.locale import _, ngettext
from tui.plain import words
from tui.plain.driving import driver_words
from tui.plain.figures import amount, moment, span
from tui.plain.holding import held_sentence, held_way_on
from tui.plain.trouble import told_rows, trouble_of
from tui.run.driving import Driver
from tui.run.state import Barrier
from tui.visible import visible

WIDTH = 80
LONGEST_ID = 20


def status_lines(status: dict[str, Any]) -> list[str]:
    """What `status` prints; `status` is what `tui.run.status` gives."""
    lines = [
        *_chain(status.get("chain")),
        _cut(f"{visible(status['id'])}  {words.outcome_word(status['status'], _stays(status))}  "
             + _("line {seq}").format(seq=status["seq"])),
        _cut(visible(status["plan"])),
        _cut(_("target {target} ({environment}, {mode})").format(
            target=visible(status["target"]), environment=words.word(words.ENVIRONMENT, status["environment"]),
            mode=words.word(words.MODE, status["mode"]))),
        _cut(_("helm: {helm}").format(helm=visible(status["helm"]) if status["helm"] else _("free"))
             + "; " + _engine(status["engine"])),
        *_drives(status),
    ]  # fmt: skip
    if status["window"] is not None:
        lines += _window(status["window"], bool(status.get("closed")))
    if status["despite"]:
        lines.append(_cut(_("opened in spite of: {codes}").format(codes=visible(", ".join(status["despite"])))))
    if status["held_facts"] is not None:
        barrier = Barrier(code=status["held"], facts=status["held_facts"])
        lines += _wrapped(_("HELD: {why}").format(why=held_sentence(barrier)), 0)
        lines += _wrapped(held_way_on(barrier, status["id"], status["target"]), 0)
    for fired in status["proposed"]:
        lines.append(_cut(_("ROLLBACK PROPOSED: {title}").format(title=visible(fired["title"]))))
    if status["rollback"] is not None:
        lines.append(_cut(_("rollback: {reason}").format(reason=visible(status["rollback"]["reason"]))))
        left = ", ".join(visible(step) for step in _stays(status))
        if left and status["rollback"]["status"] != "running":
            lines += _wrapped(_("NOT taken back: {steps}").format(steps=left), 0)
    lines.append("")
    lines += _steps(status["steps"])
    if status["guards"]:
        lines.append("")
        lines += [_cut(_guard(guard)) for guard in status["guards"]]
    if status["waiting"] is not None:
        lines += ["", *_wrapped(_waiting(status), 0)]
    return lines


def _drives(status: dict[str, Any]) -> list[str]:
    """Who drives, and what happens although nobody presses a key."""
    told = status["drives"]
    if told is None:
        return []
    names = {step["id"]: f"{step['number']} {visible(step['id'])}" for step in status["steps"]}
    driver = Driver(how=told["how"], person=told["person"], until=told["until"])
    lines = _wrapped(_("drives: {who}").format(who=driver_words(driver, names.get(told["until"] or ""))), 0)
    steps = told["by_itself"]["steps"]
    if steps:
        what = ngettext("{first} begins by itself", "{first} to {last} begin by themselves, {n} steps", len(steps))
        if not told["by_itself"]["whole"]:
            what = _("{first} to {last} and further begin by themselves")
        first, last = (names.get(step, visible(step)) for step in (steps[0], steps[-1]))
        lines += _wrapped(what.format(first=first, last=last, n=len(steps)), 2)
    return lines


def _chain(chain: dict[str, Any] | None) -> list[str]:
    if chain is None or chain["whole"]:
        return []
    return [_cut(_("THE JOURNAL IS BROKEN at line {seq}: not all of this was written so").format(seq=chain["bad_seq"]))]


def _waiting(status: dict[str, Any]) -> str:
    reason = status["waiting"]["reason"]
    for step in status["steps"]:
        if step["id"] == status["waiting"]["step"]:
            name = _cut(visible(step["id"]), 24)
            return f"{step['number']} {name}: {words.run_waiting(reason, step['kind'], step['status'])}"
    return words.run_waiting(reason, stays=_stays(status))


def _stays(status: dict[str, Any]) -> list[str]:
    """What a rollback has not taken back."""
    return (status["rollback"] or {}).get("stays") or []


def runs_lines(runs: list[dict[str, Any]]) -> list[str]:
    """What `runs` prints: a row a run, newest first."""
    lines = []
    for run in runs:
        if run["problem"] is not None:
            lines.append(f"{visible(run['id'])}  {visible(run['problem'])}")
            continue
        word = words.run_word(run["status"])
        target = f"{visible(run['target'])} ({words.word(words.ENVIRONMENT, run['environment'])})"
        lines.append(_cut(f"{visible(run['id'])}  {word:<14} {_cut(target, 24):<24} {visible(run['plan'])}"))
    return lines


def _engine(engine: dict[str, Any]) -> str:
    if engine["alive"] is None:
        return _("whether the engine runs is not known to this account")
    if not engine["alive"]:
        return _("no engine runs")
    return _("engine {pid} on {host}").format(pid=engine["pid"], host=visible(str(engine["host"])))


def _window(window: dict[str, Any], over: bool) -> list[str]:
    """`over`: the run is closed, and nothing in it waits for the window any more."""
    opens, closes = (visible(moment(window[key], window["timezone"])) for key in ("opens", "closes"))
    lines = [_("window {opens} to {closes}").format(opens=opens, closes=closes)]
    remaining, safe = window["remaining_s"], window["last_safe_rollback_s"]
    if over:
        return [_cut(line) for line in lines]
    if window["t_s"] < 0:
        left = _("opens in {span}").format(span=span(remaining))
    elif remaining >= 0:
        left = _("closes in {span}").format(span=span(remaining))
    else:
        left = _("over since {span}").format(span=span(-remaining))
    if safe is not None:
        last = _("last safe rollback in {span}") if safe >= 0 else _("too late for a safe rollback since {span}")
        left += "; " + last.format(span=span(abs(safe)))
    return [_cut(line) for line in (*lines, left)]


def _steps(steps: list[dict[str, Any]]) -> list[str]:
    number = max([len(step["number"]) for step in steps], default=0)
    status = max([len(words.step_word(step["status"])) for step in steps], default=0)
    longest = min(LONGEST_ID, max([len(visible(step["id"])) for step in steps], default=0))
    rows = []
    for step in steps:
        took = "" if step["duration_s"] is None else span(step["duration_s"])
        row = f"{step['number']:<{number}}  {words.step_word(step['status']):<{status}}  {took:>11}  "
        name = _cut(visible(step["id"]), longest)
        rows.append(_cut(f"{row}{name:<{longest}}  {visible(step['title'])}"))
        if step["waiting"] is not None:
            why = words.wait_words(step["waiting"]["reason"], step["waiting"]["facts"])
            rows.append(_cut(" " * (number + 2) + why))
        for text in told_rows(trouble_of(step)):
            rows += _wrapped(text, number + 2)
    return rows


def _guard(guard: dict[str, Any]) -> str:
    value = "?" if guard["value"] is None else amount(guard["value"])
    state = words.word(words.GUARD_STATE, guard["state"])
    if guard["unmeasured_s"] is not None:
        lost = _("not measured for {span}").format(span=span(guard["unmeasured_s"]))
        state = lost if guard["state"] == "unknown" else f"{state}, {lost}"
    text = _("{metric}: {value}, limit {limit}, {state}").format(
        metric=visible(guard["metric"]), value=value, limit=amount(guard["limit"]), state=state
    )
    return f"{text} ({visible(guard['source'])})" if guard["source"] else text


def _wrapped(text: str, indent: int) -> list[str]:
    """What went wrong is told to its end, however long it is."""
    return textwrap.wrap(
        text, WIDTH, initial_indent=" " * indent, subsequent_indent=" " * (indent + 2), break_on_hyphens=False,
    ) or [""]  # fmt: skip


def _cut(text: str, width: int = WIDTH) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
