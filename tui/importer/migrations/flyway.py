"""Flyway's directories: versioned `V1_2__x.sql`, undo `U1_2__x.sql`, repeatable `R__x.sql`, compared as Flyway does."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from tui.importer.imported import ImportFailed
from tui.importer.migrations.found import Group, Migration, Project, ScriptFile
from tui.importer.migrations.scripts import Scripts
from tui.said import N_, Said

Version = tuple[int, ...]
_CONFIGURATION: Final = "flyway.conf"
_VERSION: Final = r"\d+(?:[._]\d+)*"
_LIKELY: Final = re.compile(r"(?:V\d[\d._]*__|R__)[^/]*\.sql")
_PLACEHOLDER: Final = re.compile(r"\$\{[^}\n]+\}")
_CODE: Final = (".java", ".kt", ".groovy", ".class", ".py", ".sh", ".ps1")
_CALLBACKS: Final = re.compile(
    r"(?:before|after)(?:Each)?(?:Migrate|Undo|Validate|Baseline|Repair|Clean|Info|Connect|Versioned|Repeatables|"
    r"CreateSchema|MigrateStatement|UndoStatement)\w*|createSchema"
)


def is_flyway(scripts: Scripts) -> bool:
    """Whether a file of the directory is named as Flyway's are."""
    return any(_LIKELY.fullmatch(posixpath.basename(name)) for name in scripts.names)


def version_of(text: str) -> Version:
    """A version to be compared: its numbers without trailing zeros, for 1.0 is 1, and 1.10 comes behind 1.9."""
    numbers = [int(number) for number in re.split(r"[._]", text)]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


class _Names:
    """How the files of a directory are named, by its own settings."""

    def __init__(self, settings: dict[str, str]) -> None:
        separator = re.escape(settings.get("sqlMigrationSeparator", "__"))
        suffixes = settings.get("sqlMigrationSuffixes", ".sql").split(",")
        ends = "|".join(re.escape(suffix.strip()) for suffix in suffixes)

        def named(key: str, usual: str) -> re.Pattern[str]:
            prefix = re.escape(settings.get(key, usual))
            return re.compile(rf"{prefix}(?P<version>{_VERSION})(?:{separator}(?P<about>.*))?(?:{ends})")

        self.versioned = named("sqlMigrationPrefix", "V")
        self.undo = named("undoSqlMigrationPrefix", "U")
        self.baseline = named("baselineMigrationPrefix", "B")
        repeated = re.escape(settings.get("repeatableSqlMigrationPrefix", "R"))
        self.repeatable = re.compile(rf"{repeated}{separator}(?P<about>.*)(?:{ends})")
        self.code = re.compile(rf"V(?P<version>{_VERSION})(?:__(?P<about>.*))?")


def read_flyway(scripts: Scripts) -> Project:
    """The project. Raises ImportFailed where two files have one version."""
    settings = dict(_settings(scripts, _CONFIGURATION, "flyway."))
    names = _Names(settings)
    versioned: dict[Version, tuple[str, str, str]] = {}
    undone: dict[Version, str] = {}
    repeatable: list[tuple[str, str]] = []
    for name in scripts.names:
        base = posixpath.basename(name)
        if (match := names.versioned.fullmatch(base)) is not None or (match := _in_code(names, base)) is not None:
            _once(versioned, version_of(match["version"]), name)
            versioned[version_of(match["version"])] = (name, match["version"], match["about"] or "")
        elif (match := names.undo.fullmatch(base)) is not None:
            if version_of(match["version"]) in undone:
                _twice(undone[version_of(match["version"])], name, match["version"])
            undone[version_of(match["version"])] = name
        elif (match := names.repeatable.fullmatch(base)) is not None:
            repeatable.append((match["about"], name))
        elif names.baseline.fullmatch(base):
            scripts.leave(name, Said(N_("a baseline, which Flyway executes in an empty database alone")))
        elif _CALLBACKS.fullmatch(base.partition("__")[0].partition(".")[0]):
            scripts.leave(name, Said(N_("a callback, which Flyway executes by itself; make a step of it where needed")))
        elif name == _CONFIGURATION or base.endswith(".conf"):
            scripts.leave(name, Said(N_("Flyway's own settings")))
        elif base.endswith(".sql"):
            scripts.leave(name, Said(N_("Flyway does not know a script by such a name")))
    main, again = Group(""), Group("", repeated=True)
    for version in sorted(versioned):
        name, written, about = versioned[version]
        migration = Migration(
            f"v{written}-{about}", f"{written}: {_readable(about)}".rstrip(": "), _source(scripts, name)
        )
        _look(scripts, migration, name, settings)
        if version in undone:
            migration.down = _source(scripts, undone[version])
            if _placeholder(scripts, undone[version], settings) is not None:
                scripts.leave(undone[version], Said(N_("placeholders of Flyway's stand in it")))
                migration.down = None
        main.migrations.append(migration)
    for version, name in undone.items():
        if version not in versioned:
            scripts.leave(name, Said(N_("it takes back a version that is not here")))
    for about, name in sorted(repeatable):
        migration = Migration(f"r-{about}", _readable(about), _source(scripts, name), way_back="none")
        _look(scripts, migration, name, settings)
        again.migrations.append(migration)
    told = [
        Said(
            "{file}: a repeatable migration; Flyway executes it only where it has changed, the plan always, and "
            "nothing takes it back.",
            file=name,
        )
        for _about, name in sorted(repeatable)
    ]
    groups = [group for group in (main, again) if group.migrations]
    return Project(scripts.directory.resolve().name, "Flyway", groups, "flyway_schema_history", "", told)


def _in_code(names: _Names, base: str) -> re.Match[str] | None:
    """A migration that is written in a programming language keeps its place."""
    stem, extension = posixpath.splitext(base)
    return names.code.fullmatch(stem) if extension in _CODE else None


def _once(found: dict[Version, tuple[str, str, str]], version: Version, name: str) -> None:
    if version in found:
        _twice(found[version][0], name, ".".join(map(str, version)))


def _twice(one: str, other: str, version: str) -> None:
    message = N_("{one} and {other} have the same version {version}, as Flyway compares them; give one another.")
    raise ImportFailed(Said(message, one=one, other=other, version=version))


def _look(scripts: Scripts, migration: Migration, name: str, settings: dict[str, str]) -> None:
    """What keeps a script of Flyway's from being executed as it stands."""
    if posixpath.splitext(name)[1] in _CODE:
        migration.by_hand = Said(N_("It is no SQL."))
    elif _own(scripts, name).get("shouldExecute") == "false":
        migration.by_hand = Said(N_("Its settings say that it is not executed."))
    elif (open_ := _placeholder(scripts, name, settings)) is not None:
        migration.line = 1 + (scripts.text(name) or "").count("\n", 0, open_.start())
        migration.by_hand = _open(open_)


def _open(found: re.Match[str]) -> Said:
    return Said("Flyway puts in {placeholder}, and virada does not; write it out.", placeholder=found[0])


def _placeholder(scripts: Scripts, name: str, settings: dict[str, str]) -> re.Match[str] | None:
    told = _own(scripts, name).get("placeholderReplacement", settings.get("placeholderReplacement", "true"))
    return None if told == "false" else _PLACEHOLDER.search(scripts.text(name) or "")


def _source(scripts: Scripts, name: str) -> ScriptFile:
    return ScriptFile(name, untransacted=_own(scripts, name).get("executeInTransaction") == "false")


def _own(scripts: Scripts, name: str) -> dict[str, str]:
    """The settings of one script, in a file of its name with `.conf` behind it."""
    return dict(_settings(scripts, f"{name}.conf", ""))


def _settings(scripts: Scripts, name: str, prefix: str) -> Iterator[tuple[str, str]]:
    if name not in scripts.names:
        return
    for line in (scripts.text(name) or "").splitlines():
        key, equals, value = line.strip().partition("=")
        if equals and not key.startswith("#"):
            yield key.strip().removeprefix(prefix), value.strip()


def _readable(about: str) -> str:
    return about.replace("_", " ").strip()
