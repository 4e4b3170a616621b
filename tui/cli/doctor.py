"""`virada doctor`: what this host and this account are like for a run, each with what is to be done."""

from __future__ import annotations

import textwrap
from collections import Counter

import click

from tui.cli.exit import Exit
from tui.cli.output import columns, print_json, print_line, tell
from tui.locale import _
from tui.words.said import say


@click.command("doctor", help=_("Is this host fit for a run? What to do where it is not."))
@click.option("--json", "as_json", is_flag=True, help=_("Neutral data instead of words."))
def command(as_json: bool) -> int:
    from tui.doctor.examination import examine
    from tui.doctor.examined import State

    found = list(examine())
    failed = any(one.state == "fail" for one in found)
    if as_json:
        print_json([
            {"name": one.name, "state": one.state, "code": one.code, "facts": _plain(one.facts)} for one in found
        ])  # fmt: skip
        return Exit.FAILED if failed else Exit.DONE
    words: dict[State, str] = {"ok": _("ok"), "warn": _("warn"), "fail": _("FAIL"), "unknown": _("unknown")}
    width = max(len(word) for word in words.values())
    names = max(len(one.name) for one in found)
    for one in found:
        lines = _broken(say(one.said), width + names + 4)
        lines += [] if one.todo is None else _broken(f"-> {say(one.todo)}", width + names + 4)
        for number, line in enumerate(lines):
            state, name = ("", "") if number else (words[one.state], one.name)
            print_line(f"{state:<{width}}  {name:<{names}}  {line}")
    counted = Counter(one.state for one in found)
    tell(", ".join(f"{counted[state]} {word}" for state, word in words.items() if counted[state]))
    return Exit.FAILED if failed else Exit.DONE


def _broken(text: str, before: int) -> list[str]:
    """A sentence in lines of what the terminal has beside `before` columns; whole in a pipe."""
    wide = columns()
    room = 0 if wide is None else wide - before
    return textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False) if room >= 20 else [text]


def _plain(facts: dict[str, object]) -> dict[str, object]:
    """What is said already, as codes and figures alone have it."""
    return {key: value for key, value in facts.items() if isinstance(value, str | int | float | bool | list)}
