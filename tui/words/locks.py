"""The locks that a step took, here or in an earlier run, in words: one line each, the strongest first. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from tui.locale import _, ngettext
from tui.words.figures import span, whole
from tui.words.inert import visible
from tui.words.unknown import place_words

_STRONG: Final = ("SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE")
"""Modes under which others cannot write, or not even read."""


def held_words(lock: Mapping[str, Any]) -> str:
    """`ACCESS EXCLUSIVE on app.orders for 40 ms, not rewritten (line 3)`."""
    text = _("{mode} on {relation} for {span}")
    held = lock.get("held_s")
    if held is None:
        text = _("{mode} on {relation}, kept by a prepared transaction")
    elif lock.get("sampled"):
        text = _("{mode} on {relation}, seen for {span}")
    mode, relation = str(lock.get("mode")), str(lock.get("relation"))
    told = text.format(mode=visible(mode), relation=visible(relation), span=span(held or 0.0))
    return f"{told}{_file(lock, mode)}{_place(lock)}"


def _file(lock: Mapping[str, Any], mode: str) -> str:
    """What became of the table under it; of a weaker lock there is nothing to tell."""
    if mode != "ACCESS EXCLUSIVE":
        return ""
    if lock.get("dropped"):
        return ", " + _("dropped")
    words = {True: _("REWRITTEN"), False: _("not rewritten"), None: _("whether it was rewritten is not known")}
    return ", " + words[lock.get("rewritten")] if lock.get("rewritten") in (True, False, None) else ""


def _place(lock: Mapping[str, Any]) -> str:
    line, last = lock.get("line"), lock.get("last_line")
    if line is None:
        return ""
    if last is not None:
        return " " + _("(lines {first} to {last})").format(first=line, last=last)
    return " " + _("(line {line})").format(line=line)


def lock_lines(locks: Any, most: int) -> list[str]:
    """Of what evidence says under `locks`: so many of them, and how many more there were."""
    taken = locks.get("taken") if isinstance(locks, dict) else None
    known = [lock for lock in taken if isinstance(lock, dict)] if isinstance(taken, list | tuple) else []
    if not isinstance(locks, dict):
        return []
    lines = _listed(known, most, locks.get("count"))
    missed = locks.get("not_looked")
    if isinstance(missed, int) and missed:
        text = ngettext("behind {n} transaction nobody could look", "behind {n} transactions nobody could look", missed)
        lines.append(text.format(n=whole(missed)))
    return lines


def _listed(known: Sequence[Mapping[str, Any]], most: int, count: Any) -> list[str]:
    lines = [held_words(lock) for lock in known[:most]]
    more = (count if isinstance(count, int) else len(known)) - len(lines)
    if more > 0:
        lines.append(_("and {n} more").format(n=whole(more)))
    return lines


def there_lines(taken: Iterable[Mapping[str, Any]], count: int, basis: Mapping[str, Any], most: int) -> list[str]:
    """The same of an earlier run; the first line says which."""
    lines = _listed(list(taken), most, count)
    if not lines:
        return [_("no lock on a table on {place}").format(place=place_words(basis))]
    return [_("on {place}: {lock}").format(place=place_words(basis), lock=lines[0]), *lines[1:]]


def strong(locks: Any) -> Any:
    """Of what evidence says, those under which others cannot write, or not even read."""
    taken = locks.get("taken") if isinstance(locks, dict) else None
    if not isinstance(taken, list | tuple):
        return {}
    kept = [lock for lock in taken if isinstance(lock, dict) and lock.get("mode") in _STRONG]
    return {"taken": kept, "count": len(kept)}
