"""Numbered scripts, whatever tool or habit they are of: the way back in a file of its own, beside it or in a directory
of its own, or in the same file behind a marker; a directory for each migration as well."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, Literal

from tui.importer.imported import ImportFailed
from tui.importer.migrations.found import Group, Migration, Project, ScriptFile
from tui.importer.migrations.numbers import Number, Order, natural, natural_path, number_of
from tui.importer.migrations.scripts import Scripts
from tui.said import N_, Said
from tui.sql.parts import parts_of

Role = Literal["up", "down"]
_UP: Final = frozenset({"up", "deploy", "do", "apply", "forward", "forwards", "migrate", "migration", "migrations"})
_DOWN: Final = frozenset({
    "down", "undo", "revert", "rollback", "rollbacks", "backward", "backwards", "backout", "downgrade", "teardown",
})  # fmt: skip
_END: Final = re.compile(r"(?P<stem>.+?)(?P<sign>[._ -])(?P<role>[A-Za-z]+)")
_BEGIN: Final = re.compile(r"(?P<role>[A-Za-z]+)[._ -](?P<stem>[vV]?\d.*)")
_CODE: Final = frozenset(
    {".py", ".rb", ".go", ".js", ".ts", ".mjs", ".java", ".kt", ".php", ".ex", ".exs", ".cs", ".sh"}
)
_TOOLS: Final = {
    "goose": ("goose_db_version", ""),
    "dbmate": ("schema_migrations", ""),
    "sql-migrate": ("gorp_migrations", ""),
    "node-pg-migrate": ("pgmigrations", "node-pg-migrate --fake"),
    "tern": ("public.schema_version", ""),
}
_COMMON: Final = frozenset(
    {"add", "alter", "and", "create", "delete", "drop", "for", "insert", "new", "remove", "set", "sql", "the", "update"}
)
"""Words of names that say nothing of what is changed."""
_WORD: Final = re.compile(r"[^\W\d_]{3,}")


@dataclass(slots=True)
class _Named:
    """A file: what it is of (`key`, without the words for a direction), and its direction. `sure`: the name alone says
    which; else only where there is another file of the same key. `place`: the directory in which it has its turn."""

    name: str
    key: str
    role: Role
    sure: bool
    place: str


@dataclass(slots=True)
class _Pair:
    up: list[_Named] = field(default_factory=list)
    down: list[_Named] = field(default_factory=list)


@dataclass(slots=True)
class _Placed:
    """A migration where it stands: a number in a directory. `shown`: how it is called in sentences."""

    place: str
    number: Order
    base: str
    shown: str
    migration: Migration


def read_numbered(scripts: Scripts) -> Project:
    """The project. Raises ImportFailed where no script is there, or none whose place is known."""
    told: list[Said] = []
    pairs = _pairs(scripts, told)
    numbers = {key: number for key in pairs if (number := number_of(key)) is not None}
    if numbers:
        numbers |= _code(scripts, pairs)
    else:
        numbers = _only_one(pairs)
    if not numbers:
        message = N_(
            "{directory} holds no migration scripts that are known: Sqitch's plan, Flyway's V1__x.sql, or files whose "
            "names begin with a number."
        )
        raise ImportFailed(Said(message, directory=str(scripts.directory)))
    tools = set[str]()
    placed = [one for key, number in numbers.items() for one in _placed(scripts, key, number, pairs[key], tools)]
    for key, pair in pairs.items():
        for odd in [*pair.up, *pair.down] if key not in numbers else ():
            scripts.leave(odd.name, Said(N_("its name begins with no number, so that its place is not known")))
    by_name = sorted(placed, key=lambda one: (natural_path(one.place), one.base, one.shown))
    by_number = sorted(by_name, key=lambda one: (natural_path(one.place), one.number, natural(one.base)))
    # dbmate compares them as texts.
    in_order = by_name if tools == {"dbmate"} else by_number
    told += _order_told(in_order, by_name)
    groups: list[Group] = []
    for one in in_order:
        if not groups or groups[-1].title != one.place:
            groups.append(Group(one.place))
        groups[-1].migrations.append(one.migration)
    if len(groups) == 1:
        groups[0].title = ""
    tool = next(iter(tools)) if len(tools) == 1 else ""
    record, recorded_by = _TOOLS.get(tool, ("", ""))
    return Project(scripts.directory.resolve().name, tool, groups, record, recorded_by, told)


def _order_told(in_order: list[_Placed], by_name: list[_Placed]) -> Iterator[Said]:
    """What a person has to look at: an order that the names alone do not give."""
    places = list(dict.fromkeys(one.place for one in in_order))
    if len(places) > 1:
        message = N_(
            "The directories come one after the other, each in the order of its numbers: {directories}; where a script "
            "belongs elsewhere, move its step."
        )
        yield Said(message, directories=[place or "." for place in places])
    for one, other in pairwise(in_order):
        if one.place == other.place and _same(one.base, other.base):
            message = N_("{one} and {other} have the same number; they stand in the order of their names.")
            yield Said(message, one=one.shown, other=other.shown)
    if in_order != by_name:
        first, second = next(pair for pair in zip(in_order, by_name, strict=True) if pair[0] is not pair[1])
        message = N_("The order is that of the numbers, {one} before {other}; sorted as texts they stand otherwise.")
        yield Said(message, one=first.shown, other=second.shown)


def _same(one: str, other: str) -> bool:
    """Whether the numbers leave open which comes first: one is the other, or the beginning of it."""
    runs = [number.run for name in (one, other) if (number := number_of(name)) is not None]
    return len(runs) == 2 and runs[0][: len(runs[1])] == runs[1][: len(runs[0])]


def _pairs(scripts: Scripts, told: list[Said]) -> dict[str, _Pair]:
    """What goes forward and what takes it back, by what they are of."""
    pairs: dict[str, _Pair] = {}
    named = [_named(name) for name in scripts.names if name.lower().endswith(".sql")]
    forward = {one.key for one in named if one.role == "up"} | {_plain(one.name) for one in named if one.role == "up"}
    back = {one.key for one in named if one.role == "down"}
    for one in named:
        if not one.sure and one.key not in (forward if one.role == "down" else back):
            # `003_scale_down.sql` on its own is no way back, and `004_clean_up.sql` has its name.
            one = _Named(one.name, _plain(one.name), "up", True, one.place)
        pair = pairs.setdefault(one.key, _Pair())
        (pair.up if one.role == "up" else pair.down).append(one)
    for key, pair in list(pairs.items()):
        if pair.down and len(pair.up) > 1:
            _which(scripts, pair.down, [up.name for up in pair.up])
            pair.down = []
        if pair.down and not pair.up:
            told += _by_number(scripts, pairs, key)
    return pairs


def _by_number(scripts: Scripts, pairs: dict[str, _Pair], key: str) -> Iterator[Said]:
    """A way back that is named otherwise belongs to the only script of its number in its directory, where its name says
    nothing but the number, `rollback/003.sql`, or names the same thing, `003_users.sql`, `rollback/003_drop_users.sql`.
    """
    number = number_of(key)
    if number is None:
        return
    beside = [up for up, pair in pairs.items() if pair.up and posixpath.dirname(up) == posixpath.dirname(key)]
    numbers = [(up, found) for up in beside if (found := number_of(up)) is not None]
    fitting = [up for up, found in numbers if found.run == number.run]
    if not fitting and len(number.run) == 1:
        fitting = [up for up, found in numbers if found.first == number.first]
    if not fitting:
        return
    pair = pairs[fitting[0]]
    told = not _WORD.search(number.rest) or _words(number.rest) & _words(fitting[0])
    if len(fitting) == 1 and not pair.down and len(pair.up) == 1 and told:
        pair.down += pairs.pop(key).down
        message = N_("{down} takes {up} back in the plan: the same directory and the same number; see that it does.")
        yield Said(message, down=pair.down[0].name, up=pair.up[0].name)
    else:
        _which(scripts, pairs.pop(key).down, [up.name for name in fitting for up in pairs[name].up])


def _which(scripts: Scripts, downs: list[_Named], ups: list[str]) -> None:
    message = N_("it reads as if it took something back, and its name does not say for certain which script: {scripts}")
    for one in downs:
        scripts.leave(one.name, Said(message, scripts=ups))


def _words(name: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(posixpath.basename(name))} - _COMMON - _UP - _DOWN


def _named(name: str) -> _Named:
    directories, base = posixpath.split(posixpath.splitext(name)[0])
    parts = directories.split("/") if directories else []
    if base.lower() in _UP | _DOWN and parts and number_of(parts[-1]) is not None:
        role: Role = "up" if base.lower() in _UP else "down"
        return _Named(name, directories, role, True, posixpath.dirname(directories))
    role = "up"
    kept = []
    for part in parts:
        if part.lower() in _DOWN:
            role = "down"
        elif part.lower() not in _UP:
            kept.append(part)
    sure = role == "down"
    stem = base
    if (match := _BEGIN.fullmatch(base)) is not None and match["role"].lower() in _UP | _DOWN:
        stem, role, sure = match["stem"], "up" if match["role"].lower() in _UP else "down", True
    elif (match := _END.fullmatch(base)) is not None and match["role"].lower() in _UP | _DOWN:
        stem = match["stem"]
        down = match["role"].lower() in _DOWN
        # `4_clean_up` and `5_scale_down` may be names; nobody calls what goes forward a rollback.
        sure = role == "down" or match["sign"] == "." or match["role"].lower() in _DOWN - {"down"}
        role = "down" if down or role == "down" else "up"
    return _Named(name, "/".join([*kept, stem]), role, sure, directories)


def _plain(name: str) -> str:
    return name[:-4]


def _code(scripts: Scripts, pairs: dict[str, _Pair]) -> dict[str, Number]:
    """Migrations in a programming language, which keep their place among those in SQL."""
    found = {}
    for name in scripts.names:
        if posixpath.splitext(name)[1] not in _CODE:
            continue
        one = _named(name)
        if one.role == "down" and one.sure:
            scripts.leave(name, Said(N_("it reads as if it took something back, and it is no SQL")))
        elif (number := number_of(stem := posixpath.splitext(name)[0])) is not None and stem not in pairs:
            pairs[stem] = _Pair(up=[_Named(name, stem, "up", True, one.place)])
            found[stem] = number
    return found


def _only_one(pairs: dict[str, _Pair]) -> dict[str, Number]:
    """One script, and perhaps its way back, needs no number: `migration.sql`, `rollback.sql`."""
    only = Number((0,), ("0",), "")
    if len(pairs) == 1:
        return {key: only for key, pair in pairs.items() if pair.up}
    if len(pairs) == 2 and (back := next((key for key in pairs if key.lower() in _DOWN), None)) is not None:
        key = next(key for key in pairs if key != back)
        if pairs[key].up:
            pairs[key].down += pairs.pop(back).up
            return {key: only}
    return {}


def _placed(scripts: Scripts, key: str, number: Number, pair: _Pair, tools: set[str]) -> Iterator[_Placed]:
    for one in () if pair.up else pair.down:
        message = N_(
            "it reads as if it took something back, and what that is is not here; where it goes forward, give it "
            "another name"
        )
        scripts.leave(one.name, Said(message))
    for up in pair.up:
        shown = key if len(pair.up) == 1 else posixpath.splitext(up.name)[0]
        base = posixpath.basename(shown if number_of(shown) is not None else key)
        migration = Migration(base, re.sub(r"[_-]+", " ", base), ScriptFile(up.name))
        if not up.name.lower().endswith(".sql"):
            migration.by_hand = Said(N_("It is no SQL."))
        else:
            parts = parts_of(scripts.text(up.name) or "")
            if parts is not None and parts.tool:
                tools.add(parts.tool)
                if parts.down and not pair.down:
                    migration.up = ScriptFile(up.name, part="up")
                    migration.down = ScriptFile(up.name, part="down")
        if pair.down:
            migration.down = ScriptFile(pair.down[0].name)
            for extra in pair.down[1:]:
                scripts.leave(extra.name, Said("another file takes the same back: {file}", file=pair.down[0].name))
        yield _Placed(up.place, number.first, base, shown, migration)
