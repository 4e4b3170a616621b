"""`status` and `runs` for people: neutral data laid out in the terminal's columns, and whole in a pipe. Pure.

In a pipe (`width` None) nothing is cut or folded: a fact is a line, whatever its length. On a terminal sentences and
names are folded, and ids, which commands want, are whole; only a title or a name beside others in a table is cut, which
the pipe, `--json` and the console show whole.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tui.journal.other_runs import IN_THE_WAY, OtherRun
from tui.locale import _, ngettext
from tui.plain.columns import cells, cut, filled, folded
from tui.plain.command import awaited
from tui.run.amendment import Amendment
from tui.run.driving import Driver
from tui.run.other_runs import neighbour
from tui.run.state import Barrier
from tui.words.amendments import amendment_lines
from tui.words.codes import ENVIRONMENT, GUARD_STATE, MODE, QUALITY, metric_word, step_word, word
from tui.words.driving import driver_words
from tui.words.errors import error_text, seen_words
from tui.words.events import rollback_reason
from tui.words.figures import figure, minutes_offset, moment, offset, span
from tui.words.holding import held_sentence, held_way_on
from tui.words.inert import visible
from tui.words.lasting import sign
from tui.words.locks import lock_lines, strong, there_lines
from tui.words.persons import person_words
from tui.words.proposal import grounds_words, prospect_words
from tui.words.review import overdue_lines
from tui.words.runs import run_waiting
from tui.words.said import say
from tui.words.stillness import ended, is_still, is_unknown, status_words, unknown_sentence, way_on
from tui.words.trouble import place, told_rows, trouble_of
from tui.words.unknown import lack_words, place_words, remedy, safe_words, sizes_words
from tui.words.waiting import wait_words

WIDTH = 80
LONGEST_ID = 24
"""Columns that ids are filled to at most; a longer one stands whole all the same."""
_NAMED = 5
_ERRORS = 5
_LOCKS = 3
"""Of a step, the strongest ones; all of them stand in the console and in `--json`."""
"""Steps that are named where they may be many."""
SHORTEST = 8
"""Columns below which the beginning of a title says nothing."""


def status_lines(status: dict[str, Any], width: int | None = WIDTH) -> list[str]:
    """What `status` prints; `status` is what `tui.run.status` gives, `width` the terminal's columns or None."""
    told = _said(status)
    lines = [line for text in told for line in folded(text, width)]
    lines.append("")
    lines += _steps(status["steps"], width, is_still(status))
    if status["guards"] or status.get("quality"):
        lines.append("")
        lines += [line for guard in status["guards"] for line in folded(_guard(guard), width)]
    lines += [line for each in status.get("quality", ()) for line in folded(_quality(each), width)]
    if status["waiting"] is not None:
        lines += ["", *folded(_waiting(status), width), *awaited(status)]
    return lines


def _said(status: dict[str, Any]) -> list[str]:
    """What is said of the run as a whole, a sentence an entry."""
    lines = [
        *_chain(status.get("chain")),
        f"{visible(status['id'])}  {status_words(status, _stays(status))}  "
        + _("line {seq}").format(seq=status["seq"]),
        *_still(status),
        visible(status["plan"]),
        _("target {target} ({environment}, {mode})").format(
            target=visible(status["target"]), environment=word(ENVIRONMENT, status["environment"]),
            mode=word(MODE, status["mode"])),
        _("helm: {helm}").format(helm=person_words(status["helm"]) if status["helm"] else _("free"))
        + "; " + _engine(status["engine"]),
        *_drives(status),
    ]  # fmt: skip
    if status["window"] is not None:
        lines += _window(status["window"], bool(status.get("closed")), is_still(status))
    lines += _times(status)
    lines += [_milestone(each) for each in status.get("milestones") or ()]
    zone = "UTC" if status["window"] is None else status["window"]["timezone"]
    for amendment in status.get("amendments") or ():
        lines += amendment_lines(msgspec.convert(amendment, Amendment), zone)
    if status["despite"]:
        lines.append(_("opened in spite of: {codes}").format(codes=visible(", ".join(status["despite"]))))
    if status.get("beside") is not None:
        lines.append(_("opened beside others: {reason}").format(reason=visible(status["beside"])))
    for other in _others(status.get("others")):
        if other.in_the_way:
            lines.append("  " + _("was in the way then: {run}").format(run=say(neighbour(other))))
    if status["held_facts"] is not None:
        barrier = Barrier(code=status["held"], facts=status["held_facts"])
        lines.append(_("HELD: {why}").format(why=held_sentence(barrier)))
        lines.append(held_way_on(barrier, status["id"], status["target"]))
    for closed in status.get("quiesced") or ():
        text = _("The target is CLOSED to others since {time}, by {step}.")
        lines.append(text.format(time=visible(closed["since"]), step=visible(closed["step"])))
    lines += _errors(status["errors"])
    for fired in status["proposed"]:
        lines.append(_("ROLLBACK PROPOSED: {title}").format(title=visible(fired["title"])))
        lines.extend(f"  {text}" for text in _proposal(status, fired))
    if status["rollback"] is not None:
        reason = visible(rollback_reason(status["rollback"]["reason"], status["rollback"]["by"]))
        lines.append(_("rollback: {reason}").format(reason=reason))
        left = ", ".join(visible(step) for step in _stays(status))
        if left and status["rollback"]["status"] != "running":
            lines.append(_("NOT taken back: {steps}").format(steps=left))
    return lines


def _errors(errors: list[dict[str, Any]]) -> list[str]:
    """The last ones that nobody has resolved, and how many there are before them."""
    left = [error for error in errors if error["resolved"] is None]
    lines = []
    for error in left[-_ERRORS:]:
        text = error_text(error["text"], error["sqlstate"], error.get("lock") or {})
        text += seen_words(error["source"], error.get("relations") or (), error.get("seen") or {})
        where = place(error) or error.get("step")
        code = f" ({visible(error['sqlstate'])})" if error["sqlstate"] else ""
        told = _("warning {id}{code}: {text}") if error.get("level") == "warning" else _("error {id}{code}: {text}")
        text = visible(f"{where}: {text}" if where else text)
        lines.append(told.format(id=visible(error["id"]), code=code, text=text))
    more = len(left) - len(lines)
    if more > 0:
        lines.insert(
            0, ngettext("{n} earlier error is unresolved", "{n} earlier errors are unresolved", more).format(n=more)
        )
    return lines


def _proposal(status: dict[str, Any], fired: dict[str, Any]) -> list[str]:
    """Its grounds, how long a rollback takes and for how long it is not too late."""
    names = {step["id"]: f"{step['number']} {step['id']}" for step in status["steps"]}
    errors = {e["id"]: error_text(e["text"], e["sqlstate"], e.get("lock") or {}) for e in status["errors"]}
    step = fired.get("step")
    found = [grounds_words(fired, names.get(step or "", step), errors)]
    if "safe_s" in fired:
        found.append(prospect_words(fired["rollback_s"], fired["rollback_least"], fired["safe_s"]))
    return found


def _drives(status: dict[str, Any]) -> list[str]:
    """Who drives, and what happens although nobody presses a key."""
    told = status["drives"]
    if told is None:
        return []
    names = {step["id"]: f"{step['number']} {visible(step['id'])}" for step in status["steps"]}
    driver = Driver(how=told["how"], person=told["person"], until=told["until"])
    lines = [_("drives: {who}").format(who=driver_words(driver, names.get(told["until"] or "")))]
    steps = told["by_itself"]["steps"]
    if steps:
        what = ngettext("{first} begins by itself", "{first} to {last} begin by themselves, {n} steps", len(steps))
        if not told["by_itself"]["whole"]:
            what = _("{first} to {last} and further begin by themselves")
        first, last = (names.get(step, visible(step)) for step in (steps[0], steps[-1]))
        lines.append("  " + what.format(first=first, last=last, n=len(steps)))
    return lines


def _others(told: Any) -> tuple[OtherRun, ...]:
    """The other runs on the target as they stood when this one opened."""
    try:
        return msgspec.convert(told or (), tuple[OtherRun, ...])
    except msgspec.ValidationError:
        return ()


def _still(status: dict[str, Any]) -> list[str]:
    """That nothing runs and how it goes on, or that nobody here can know."""
    if is_still(status):
        # What is to be typed stands in a line of its own.
        return [ended(status["id"]), way_on(status["id"], status.get("owner"))]
    if is_unknown(status):
        return [unknown_sentence(status["engine"]["host"], status["silent_s"])]
    return []


def _chain(chain: dict[str, Any] | None) -> list[str]:
    if chain is None or chain["whole"]:
        return []
    return [_("THE JOURNAL IS BROKEN at line {seq}: not all of this was written so").format(seq=chain["bad_seq"])]


def _waiting(status: dict[str, Any]) -> str:
    reason = status["waiting"]["reason"]
    for step in status["steps"]:
        if step["id"] == status["waiting"]["step"]:
            of = [error["id"] for error in status["errors"] if error["step"] == step["id"] and not error["resolved"]]
            ended = status["rollback"] is not None and status["rollback"]["status"] == "rolled_back"
            waits = run_waiting(reason, step["kind"], step["status"], errors=of, taken_back=ended)
            return f"{step['number']} {visible(step['id'])}: {waits}"
    return run_waiting(reason, stays=_stays(status))


def _stays(status: dict[str, Any]) -> list[str]:
    """What a rollback has not taken back."""
    return (status["rollback"] or {}).get("stays") or []


def runs_lines(runs: list[dict[str, Any]], width: int | None = WIDTH) -> list[str]:
    """What `runs` prints: a row a run, newest first. `width`: as for `status_lines`."""
    lines = []
    told = [cells(status_words(run, run.get("stays") or ())) for run in runs if run["problem"] is None]
    wide = max([14, *told])
    for run in runs:
        if run["problem"] is not None:
            # Why it cannot be read is said nowhere else.
            lines += folded(f"{visible(run['id'])}  {visible(run['problem'])}", width)
            continue
        target = f"{visible(run['target'])} ({word(ENVIRONMENT, run['environment'])})"
        if width is not None:
            target = cut(target, 24)
        status = status_words(run, run.get("stays") or ())
        row = f"{visible(run['id'])}  {filled(status, wide)} {filled(target, 24)} "
        lines.append(_titled(row, run["plan"], width))
        if run.get("beside"):
            lines.append("    " + _same_target(run))
        lines += [line for text in overdue_lines(run) for line in folded(text, width, indent=4)]
    return lines


def _same_target(run: dict[str, Any]) -> str:
    """Whether the run is in the way of the others that are open on its target, and which those are."""
    runs = ", ".join(visible(str(other)) for other in run["beside"])
    if run.get("standing") in IN_THE_WAY:
        return _("in the way on the same database as {runs}").format(runs=runs)
    return _("not in the way on the same database as {runs}").format(runs=runs)


def _engine(engine: dict[str, Any]) -> str:
    if engine["alive"] is None:
        if engine["pid"] is None or engine["host"] is None:
            return _("whether the engine runs is not known to this account")
        text = _("whether engine {pid} on {host} runs is not known here")
        return text.format(pid=engine["pid"], host=visible(str(engine["host"])))
    if not engine["alive"]:
        return _("no engine runs")
    return _("engine {pid} on {host}").format(pid=engine["pid"], host=visible(str(engine["host"])))


def _window(window: dict[str, Any], over: bool, still: bool) -> list[str]:
    """`over`: the run is closed, and nothing in it waits for the window any more. `still`: nothing runs, and these are
    the spans of the last event."""
    opens, closes = (visible(moment(window[key], window["timezone"])) for key in ("opens", "closes"))
    lines = [_("window {opens} to {closes}").format(opens=opens, closes=closes)]
    remaining, safe = window["remaining_s"], window["last_safe_rollback_s"]
    if over:
        return lines
    if window["phase"] is not None:
        text = _("window of the phase {phase}: {opens} to {closes}")
        lines = [text.format(phase=visible(window["phase"]), opens=opens, closes=closes)]
    if window["state"] == "before":
        left = _("opens in {span}").format(span=span(remaining))
    elif window["state"] == "buffer":
        left = _("only the buffer is left, closes in {span}").format(span=span(remaining))
    elif window["state"] == "over":
        left = _("over since {span}").format(span=span(-remaining))
    else:
        left = _("closes in {span}").format(span=span(remaining))
    if safe is not None:
        last = _("last safe rollback in {span}") if safe >= 0 else _("too late for a safe rollback since {span}")
        if safe >= 0 and window["last_safe_rollback_at_most"]:
            last = _("last safe rollback in {span} at most")
        left += "; " + last.format(span=span(abs(safe)))
    if still:
        left = _("at the last event: {left}").format(left=left)
    return [*lines, left]


def _times(status: dict[str, Any]) -> list[str]:
    """When it is expected to end, and what is not known of that and of a rollback: why, and what would make it so."""
    if status["status"] in ("completed", "rolled_back") or status.get("closed") or not status["steps"]:
        return []
    lines = []
    end, lack = status["projected_end"], status["last_safe_rollback_unknown"]
    zone = "UTC" if status["window"] is None else status["window"]["timezone"]
    if end["at"] is not None and not is_still(status):
        text = _("expected end {at}, at the earliest") if end["at_least"] else _("expected end {at}")
        lines.append(text.format(at=visible(moment(end["at"], zone))))
    unknown = end["unknown"]
    if unknown is not None:
        names = {step["id"]: f"{step['number']} {visible(step['id'])}" for step in status["steps"]}
        steps = _few([names.get(step, visible(step)) for step in unknown["steps"]])
        text = _("end not known: {why} ({steps}).")
        text = text.format(why=lack_words(unknown["code"], unknown["basis"]), steps=steps)
        lines.append(f"{text} {remedy(unknown['code'])}")
        if unknown["basis"] is not None:
            lines.append(_not_comparable(unknown["basis"]))
    if lack is not None and lack["code"] != "no_window":
        lines.append(f"{safe_words(lack['code'], lack['basis'], status['window'] is not None)}. {remedy(lack['code'])}")
        if lack["basis"] is not None and (unknown is None or unknown["basis"] != lack["basis"]):
            lines.append(_not_comparable(lack["basis"]))
    return lines


def _milestone(each: dict[str, Any]) -> str:
    """Planned against what came, or is to be expected."""
    planned, title = offset(each["planned_s"]), visible(each["title"])
    if each["actual_s"] is not None:
        return _("milestone {planned}: reached {actual}, {title}").format(
            planned=planned, actual=offset(each["actual_s"]), title=title
        )
    if each["projected_s"] is None:
        return _("milestone {planned}: {title}").format(planned=planned, title=title)
    text = _("milestone {planned}: expected {projected}, {title}")
    if each["at_least"]:
        text = _("milestone {planned}: expected {projected} at the earliest, {title}")
    return text.format(planned=planned, projected=minutes_offset(each["projected_s"]), title=title)


def _not_comparable(basis: dict[str, Any]) -> str:
    text = _("not comparable, rehearsed on {place}: {sizes}")
    return text.format(place=place_words(basis), sizes=sizes_words(basis))


def _steps(steps: list[dict[str, Any]], width: int | None, still: bool) -> list[str]:
    """`still`: nothing runs, and what became of a step that was at work is not known yet."""
    number = max([len(step["number"]) for step in steps], default=0)
    status = max([cells(_step_word(step["status"], still)) for step in steps], default=0)
    longest = max([cells(visible(step["id"])) for step in steps], default=0)
    if width is not None:
        longest = min(LONGEST_ID, longest)
    rows = []
    for step in steps:
        took = "" if step["duration_s"] is None else sign(step["duration_unsure"]) + span(step["duration_s"])
        row = f"{step['number']:<{number}}  {filled(_step_word(step['status'], still), status)}  {took:>11}  "
        rows.append(_titled(f"{row}{filled(visible(step['id']), longest)}  ", step["title"], width))
        if step["waiting"] is not None:
            why = wait_words(step["waiting"]["reason"], step["waiting"]["facts"])
            why = _("{why}, for {span}").format(why=why, span=span(step["waiting"]["duration_s"] or 0.0))
            rows += folded(why, width, number + 2)
        for text in (*_locks(step), *told_rows(trouble_of(step))):
            rows += folded(text, width, number + 2)
    return rows


def _locks(step: dict[str, Any]) -> list[str]:
    """What holds others up: of a step that is to run what it took in an earlier run, of others what it has taken."""
    there = step.get("rehearsed_locks")
    if step["status"] in ("pending", "running"):
        if not isinstance(there, dict):
            return []
        known = strong(there)
        return there_lines(known["taken"], known["count"], there["basis"], _LOCKS) if known.get("taken") else []
    return lock_lines(strong(step["evidence"].get("locks")), _LOCKS)


def _titled(row: str, title: str, width: int | None) -> str:
    """The row with the title behind it, as much of it as has room; none where that would say nothing."""
    title = visible(title)
    if width is None:
        return row + title
    room = width - cells(row)
    return row + cut(title, room) if room >= min(SHORTEST, cells(title)) else row.rstrip()


def _step_word(status: str, still: bool) -> str:
    return _("unsure") if still and status == "running" else step_word(status)


def _few(names: list[str]) -> str:
    """The first of them, and how many more there are."""
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (" " + _("and {n} more").format(n=more) if more > 0 else "")


def _guard(guard: dict[str, Any]) -> str:
    value = "?" if guard["value"] is None else figure(guard["metric"], guard["value"], exact=True)
    state = word(GUARD_STATE, guard["state"])
    if guard["unmeasured_s"] is not None:
        lost = _("not measured for {span}").format(span=span(guard["unmeasured_s"]))
        state = lost if guard["state"] == "unknown" else f"{state}, {lost}"
    text = _("{metric}: {value}, limit {limit}, {state}").format(
        metric=metric_word(guard["metric"]),
        value=value,
        limit=figure(guard["metric"], guard["limit"], exact=True),
        state=state,
    )
    return f"{text} ({visible(guard['source'])})" if guard["source"] else text


def _quality(quality: dict[str, Any]) -> str:
    told = word(QUALITY, quality["state"])
    named = f" ({_few([visible(step) for step in quality['steps']])})" if quality["steps"] else ""
    return f"{visible(quality['title'])}: {told}{named}"
