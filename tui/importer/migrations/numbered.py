"""Numbered scripts, whatever tool or habit they are of: the way back in a file of its own, beside it or in a directory
of its own, or in the same file behind a marker; a directory for each migration as well."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, Literal

from tui.importer.imported import ImportFailed
from tui.importer.migrations.found import Group, Migration, Project, ScriptFile
from tui.importer.migrations.scripts import Scripts
from tui.said import N_, Said
from tui.sql.parts import parts_of

Role = Literal["up", "down"]
_UP: Final = frozenset({"up", "deploy", "do", "apply", "forward", "forwards", "migrate", "migration", "migrations"})
_DOWN: Final = frozenset({
    "down", "undo", "revert", "rollback", "rollbacks", "backward", "backwards", "backout", "downgrade", "teardown",
})  # fmt: skip
_NUMBER: Final = re.compile(r"[vV]?(\d+(?:\.\d+)*)(?![^\W\d_])")
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
Order = tuple[int, ...]


@dataclass(slots=True)
class _Named:
    """A file: what it is of (`key`, without the words for a direction), and its direction. `sure`: the name alone says
    which; else only where there is another file of the same key."""

    name: str
    key: str
    role: Role
    sure: bool


@dataclass(slots=True)
class _Pair:
    up: list[_Named] = field(default_factory=list)
    down: list[_Named] = field(default_factory=list)


def read_numbered(scripts: Scripts) -> Project:
    """The project. Raises ImportFailed where no script is there, or none whose place is known."""
    pairs: dict[str, _Pair] = {}
    named = [_named(name) for name in scripts.names if name.lower().endswith(".sql")]
    forward = {one.key for one in named if one.role == "up"} | {_plain(one.name) for one in named if one.role == "up"}
    back = {one.key for one in named if one.role == "down"}
    for one in named:
        if not one.sure and one.key not in (forward if one.role == "down" else back):
            # `003_scale_down.sql` on its own is no way back, and `004_clean_up.sql` has its name.
            one = _Named(one.name, _plain(one.name), "up", True)
        pair = pairs.setdefault(one.key, _Pair())
        (pair.up if one.role == "up" else pair.down).append(one)
    _by_number(pairs)
    placed = {key: order for key in pairs if (order := _order(key)) is not None}
    placed |= dict(_code(scripts, pairs, placed))
    if not placed:
        placed = _only_one(pairs)
    if not placed:
        message = N_(
            "{directory} holds no migration scripts that are known: Sqitch's plan, Flyway's V1__x.sql, or files whose "
            "names begin with a number."
        )
        raise ImportFailed(Said(message, directory=str(scripts.directory)))
    tools = set[str]()
    made = {key: _migrations(scripts, key, pairs[key], tools) for key in placed}
    made = {key: migrations for key, migrations in made.items() if migrations}
    keys = sorted(made, key=lambda key: (placed[key], posixpath.basename(key), key))
    by_name = sorted(made, key=lambda key: (posixpath.basename(key), key))
    told = [
        Said("{one} and {other} have the same number; they stand in the order of their names.", one=one, other=other)
        for one, other in pairwise(keys)
        if placed[one] == placed[other]
    ]
    if tools == {"dbmate"}:
        # It compares them as texts.
        keys = by_name
    elif keys != by_name:
        first, second = next(pair for pair in zip(keys, by_name, strict=True) if pair[0] != pair[1])
        message = N_("The order is that of the numbers, {one} before {other}; sorted as texts they stand otherwise.")
        told.append(Said(message, one=first, other=second))
    group = Group("", [migration for key in keys for migration in made[key]])
    for key, pair in pairs.items():
        for one in [*pair.up, *pair.down] if key not in placed else ():
            scripts.leave(one.name, Said(N_("its name begins with no number, so that its place is not known")))
    tool = next(iter(tools)) if len(tools) == 1 else ""
    record, recorded_by = _TOOLS.get(tool, ("", ""))
    return Project(scripts.directory.resolve().name, tool, [group], record, recorded_by, told)


def _named(name: str) -> _Named:
    directories, base = posixpath.split(name[:-4])
    parts = directories.split("/") if directories else []
    if base.lower() in _UP | _DOWN and parts and _NUMBER.match(parts[-1]):
        return _Named(name, directories, "up" if base.lower() in _UP else "down", True)
    role: Role = "up"
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
    return _Named(name, "/".join([*kept, stem]), role, sure)


def _plain(name: str) -> str:
    return name[:-4]


def _order(key: str) -> Order | None:
    """Where a key stands: by the number that its last part begins with."""
    match = _NUMBER.match(posixpath.basename(key))
    return None if match is None else tuple(int(number) for number in match[1].split("."))


def _by_number(pairs: dict[str, _Pair]) -> None:
    """A way back that is named otherwise, `rollback/003.sql`, belongs to the one migration of its number."""
    ups: dict[Order, list[str]] = {}
    for key, pair in pairs.items():
        if pair.up and (order := _order(key)) is not None:
            ups.setdefault(order, []).append(key)
    for key in [key for key, pair in pairs.items() if not pair.up]:
        order = _order(key)
        fitting = [] if order is None else [up for up in ups.get(order, ()) if not pairs[up].down]
        if len(fitting) == 1:
            pairs[fitting[0]].down += pairs.pop(key).down


def _code(scripts: Scripts, pairs: dict[str, _Pair], placed: dict[str, Order]) -> list[tuple[str, Order]]:
    """Migrations in a programming language, which keep their place among those in SQL."""
    found = []
    for name in scripts.names if placed else ():
        stem, extension = posixpath.splitext(name)
        order = _order(stem) if extension in _CODE else None
        if order is not None and stem not in pairs:
            pairs[stem] = _Pair(up=[_Named(name, stem, "up", True)])
            found.append((stem, order))
    return found


def _only_one(pairs: dict[str, _Pair]) -> dict[str, Order]:
    """One script, and perhaps its way back, needs no number: `migration.sql`, `rollback.sql`."""
    words = {key.lower() for key in pairs}
    if len(pairs) == 1:
        return {key: (0,) for key, pair in pairs.items() if pair.up}
    if len(pairs) == 2 and (back := next((key for key in pairs if key.lower() in _DOWN), None)) is not None:
        key = next(key for key in pairs if key != back)
        if pairs[key].up and words:
            pairs[key].down += pairs.pop(back).up
            return {key: (0,)}
    return {}


def _migrations(scripts: Scripts, key: str, pair: _Pair, tools: set[str]) -> list[Migration]:
    if not pair.up:
        for one in pair.down:
            scripts.leave(one.name, Said(N_("it reads as if it took something back, and what that is is not here")))
        return []
    made = []
    for one in pair.up:
        base = posixpath.basename(key)
        migration = Migration(base, re.sub(r"[_-]+", " ", base), ScriptFile(one.name))
        if not one.name.lower().endswith(".sql"):
            migration.by_hand = Said(N_("It is no SQL."))
        else:
            parts = parts_of(scripts.text(one.name) or "")
            if parts is not None and parts.tool:
                tools.add(parts.tool)
                if parts.down and not pair.down:
                    migration.up = ScriptFile(one.name, part="up")
                    migration.down = ScriptFile(one.name, part="down")
        made.append(migration)
    if pair.down:
        made[0].down = ScriptFile(pair.down[0].name)
        for extra in pair.down[1:]:
            scripts.leave(extra.name, Said("another file takes the same back: {file}", file=pair.down[0].name))
    return made
