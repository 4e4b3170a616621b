"""Sqitch's projects: `sqitch.plan` says what there is and in which order, `deploy/`, `revert/` and `verify/` hold it.

The plan is read as Sqitch 1 reads it: pragmas, changes with their dependencies, tags, reworked changes, whose older
scripts carry the tag behind which they were reworked.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from tui.importer.imported import ImportFailed
from tui.importer.migrations.found import Group, Migration, Project, ScriptFile
from tui.importer.migrations.scripts import Scripts
from tui.said import N_, Said

PLAN: Final = "sqitch.plan"
CONFIGURATION: Final = "sqitch.conf"
_LINE: Final = re.compile(
    r"\s*(?:(?P<tag>@)|(?P<operator>[+-])\s*)?(?P<name>[^\s\[\]@:#\\]+)"
    r"(?:\s+\[(?P<needs>[^\]]*)\])?(?:\s+(?P<when>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ))?(?:\s+(?P<who>[^<]+<[^>]+>))?\s*"
)
_PRAGMA: Final = re.compile(r"\s*%\s*(?P<name>[\w-]+)\s*(?:=\s*(?P<value>.*?))?\s*")
_SECTION: Final = re.compile(r'\s*\[\s*([\w-]+)(?:\s+"([^"]*)")?\s*\]')
_SETTING: Final = re.compile(r"\s*([\w-]+)\s*=\s*(.*?)\s*")


@dataclass(slots=True)
class _Change:
    """`needs` as they are written; `line` in the plan; `tags`: those behind it and before its next reworking."""

    name: str
    line: int
    needs: list[str]
    note: str
    tag: str = ""
    reworked: bool = False
    tags: list[str] = field(default_factory=list)


def is_sqitch(scripts: Scripts) -> bool:
    """Whether the directory is a project of Sqitch's."""
    return PLAN in scripts.names or CONFIGURATION in scripts.names


def read_sqitch(scripts: Scripts) -> Project:
    """The project. Raises ImportFailed for a plan that Sqitch would refuse."""
    settings = dict(_settings(scripts))
    scripts.leave(CONFIGURATION, Said(N_("Sqitch's own settings")))
    engine = settings.get("core.engine", "pg")
    if engine != "pg":
        message = N_("{file}: the engine is {engine}; only projects for PostgreSQL (pg) become plans.")
        raise ImportFailed(Said(message, file=CONFIGURATION, engine=engine))
    plan = _below(settings.get("core.plan_file", posixpath.join(settings.get("core.top_dir", ""), PLAN)))
    if plan not in scripts.names:
        raise ImportFailed(Said("{directory} has no {file}.", directory=str(scripts.directory), file=plan))
    scripts.leave(plan, Said(N_("Sqitch's plan, which tells the order")))
    text = scripts.text(plan)
    if text is None:
        raise ImportFailed(Said("{file}:{line}: it is not UTF-8.", file=plan, line=scripts.wrong_line(plan)))
    project, changes = _read(plan, text)
    places = _Places(scripts, settings)
    groups: list[Group] = []
    ids: dict[str, int] = {}
    told = []
    for change in changes:
        if not groups or groups[-1].title != change.tag:
            groups.append(Group(change.tag, tagged=bool(change.tag)))
        ids[change.name] = number = ids.get(change.name, 0) + 1
        id = change.name if number == 1 else f"{change.name}-{number}"
        up, down, verify = (places.of(change, what) for what in ("deploy", "revert", "verify"))
        migration = Migration(id, change.note.split("\n")[0] or change.name, up, down, verify)
        if up is None:
            message = N_("{file}:{line}: there is no deploy script of {name}.")
            migration.by_hand = Said(message, file=plan, line=change.line, name=change.name)
        migration.remarks += _remarks(change)
        for need in change.needs:
            foreign = need.lstrip("!").partition(":")
            if foreign[1]:
                message = N_(
                    "{file}:{line}: {name} asks for {need}, which is of another project; see that it is there before."
                )
                told.append(Said(message, file=plan, line=change.line, name=change.name, need=need))
        groups[-1].migrations.append(migration)
    return Project(project, "Sqitch", groups, "sqitch.changes", "sqitch deploy --log-only", told)


def _remarks(change: _Change) -> Iterator[str]:
    yield f"{change.name}" + (f" [{' '.join(change.needs)}]" if change.needs else "")
    yield from change.note.split("\n")[1:]


def _read(file: str, text: str) -> tuple[str, list[_Change]]:
    """The project's name, and the changes in the order in which Sqitch deploys them."""
    project = ""
    changes: list[_Change] = []
    last: dict[str, _Change] = {}
    untagged: list[_Change] = []
    tagged: list[_Change] = []
    tags: set[str] = set()
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        said, _sign, note = line.partition("#")
        if not said.strip():
            continue
        if said.lstrip().startswith("%") and not changes:
            pragma = _PRAGMA.fullmatch(said)
            if pragma is not None and pragma["name"] == "project":
                project = pragma["value"] or ""
            continue
        match = _LINE.fullmatch(said)
        if match is None or match["when"] is None or match["who"] is None:
            message = N_("{file}:{line}: this is neither a change nor a tag as Sqitch writes them.")
            raise ImportFailed(Said(message, file=file, line=number))
        if match["operator"] == "-":
            message = N_("{file}:{line}: a change that is reverted in the plan cannot become a step.")
            raise ImportFailed(Said(message, file=file, line=number))
        if match["tag"]:
            tags.add(match["name"])
            tagged = untagged or tagged
            for change in tagged:
                change.tag = f"{change.tag} @{match['name']}".strip()
            for change in last.values():
                change.tags.append(match["name"])
            untagged = []
            continue
        change = _Change(match["name"], number, (match["needs"] or "").split(), _note(note))
        _check(file, change, last, tags)
        if change.name in last:
            last[change.name].reworked = True
        last[change.name] = change
        changes.append(change)
        untagged.append(change)
    if not project or not changes:
        raise ImportFailed(Said("{file}: it names no project, or no change.", file=file))
    return project, changes


def _check(file: str, change: _Change, before: dict[str, _Change], tags: set[str]) -> None:
    """What Sqitch refuses: a change that comes before what it asks for, or behind what it cannot stand."""
    for need in change.needs:
        name, _at, tag = need.lstrip("!").partition("@")
        if ":" in need or not name:
            continue
        there = name in before and (not tag or tag in tags or tag in ("ROOT", "HEAD"))
        if there == need.startswith("!"):
            message = N_("{file}:{line}: {name} says [{need}], and the order does not keep that.")
            raise ImportFailed(Said(message, file=file, line=change.line, name=change.name, need=need))


def _note(text: str) -> str:
    return text.strip().replace("\\n", "\n").replace("\\\\", "\\")


class _Places:
    """Where a project keeps its scripts."""

    def __init__(self, scripts: Scripts, settings: dict[str, str]) -> None:
        self.scripts = scripts
        self.top = settings.get("core.top_dir", "")
        self.settings = settings
        self.extension = settings.get("core.extension", "sql")

    def of(self, change: _Change, what: str) -> ScriptFile | None:
        """Its script; None where there is none."""
        directory = self._directory(what)
        if change.reworked:
            reworked = self.settings.get("core.reworked_dir")
            older = self.settings.get(f"core.reworked_{what}_dir", posixpath.join(reworked, what) if reworked else "")
            directory = older or directory
        for suffix in [f"@{tag}" for tag in change.tags] if change.reworked else [""]:
            name = _below(posixpath.join(directory, f"{change.name}{suffix}.{self.extension}"))
            if name in self.scripts.names:
                return ScriptFile(name, variables=self._variables(what))
        return None

    def _variables(self, what: str) -> dict[str, str]:
        """What Sqitch gives to psql for a command, the more particular over the more general."""
        found: dict[str, str] = {}
        for section in ("core", "deploy", what, "engine.pg"):
            start = f"{section}.variables."
            found |= {key.removeprefix(start): value for key, value in self.settings.items() if key.startswith(start)}
        return found

    def _directory(self, what: str) -> str:
        return self.settings.get(f"core.{what}_dir", posixpath.join(self.top, what))


def _settings(scripts: Scripts) -> Iterator[tuple[str, str]]:
    """`core.top_dir` and the like, of the project's own file."""
    if CONFIGURATION not in scripts.names:
        return
    section = ""
    for line in (scripts.text(CONFIGURATION) or "").splitlines():
        line = re.sub(r"\s*[#;].*", "", line)
        if (match := _SECTION.fullmatch(line)) is not None:
            section = match[1] if match[2] is None else f"{match[1]}.{match[2]}"
        elif (match := _SETTING.fullmatch(line)) is not None:
            yield f"{section}.{match[1]}", match[2].strip('"')


def _below(path: str) -> str:
    return posixpath.normpath(path)
