"""Flyway's directories: versioned `V1_2__x.sql`, undo `U1_2__x.sql`, repeatable `R__x.sql`, compared as Flyway does."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from tui.importer.imported import ImportFailed
from tui.importer.migrations.flyway_names import CODE, FlywayName, FlywayNames, Version, version_of
from tui.importer.migrations.flyway_places import scripts_of
from tui.importer.migrations.flyway_settings import is_settings, read_settings, settings_of
from tui.importer.migrations.found import Group, Migration, Project, ScriptFile
from tui.importer.migrations.scripts import Scripts
from tui.said import N_, Said

_LIKELY: Final = re.compile(r"(?:V\d[\d._]*__|R__)[^/]*\.sql", re.IGNORECASE)
_SETTINGS: Final = ("flyway.toml", "flyway.conf", "conf/flyway.toml", "conf/flyway.conf")
_UTF8: Final = ("utf-8", "utf8", "us-ascii", "ascii")
_SHOWN: Final = 60
"""Characters of a placeholder in a sentence."""
_CALLBACKS: Final = re.compile(
    r"(?:before|after)(?:Each)?(?:Migrate|Undo|Validate|Baseline|Repair|Clean|Info|Connect|Versioned|Repeatables|"
    r"CreateSchema|MigrateStatement|UndoStatement)\w*|createSchema"
)


def is_flyway(scripts: Scripts) -> bool:
    """Whether a file of the directory is named as Flyway's are, or by what its settings say of names."""
    if any(_LIKELY.fullmatch(posixpath.basename(name)) for name in scripts.names):
        return True
    if not any(name in scripts.names for name in _SETTINGS):
        return False
    names = FlywayNames(read_settings(scripts))
    return any((found := names.read(name)) is not None and found.suffix not in CODE for name in scripts.names)


def read_flyway(scripts: Scripts) -> Project:
    """The project. Raises ImportFailed where two files have one version or one description, or none has one."""
    return _Flyway(scripts).project()


class _Flyway:
    def __init__(self, scripts: Scripts) -> None:
        self.scripts = scripts
        self.settings = read_settings(scripts)
        self.names = FlywayNames(self.settings)
        self.told: list[Said] = []
        self.versioned: dict[Version, tuple[str, FlywayName]] = {}
        self.undone: dict[Version, str] = {}
        self.repeatable: dict[str, tuple[str, FlywayName]] = {}

    def project(self) -> Project:
        for name in self.settings.files:
            self.scripts.leave(name, Said(N_("Flyway's own settings, by which the plan goes")))
        for name in scripts_of(self.scripts, self.settings):
            self._sort(name)
        if not self.versioned and not self.repeatable:
            message = N_("{directory}: no file is named as Flyway's settings there say that migrations are.")
            raise ImportFailed(Said(message, directory=str(self.scripts.directory)))
        main, again = Group(""), Group("", repeated=True)
        for version in sorted(self.versioned):
            name, found = self.versioned[version]
            down = self.undone.pop(version, None)
            if self._off(name):
                if down is not None:
                    self.scripts.leave(down, Said(N_("Flyway does not execute what it takes back")))
                continue
            title = f"{found.version}: {found.about.strip()}".rstrip(": ")
            migration = Migration(f"v{found.version}-{found.written}", title, self._source(name))
            self._look(migration, name)
            if down is not None:
                self._back(migration, down)
            main.migrations.append(migration)
        for name in self.undone.values():
            self.scripts.leave(name, Said(N_("it takes back a version that is not here")))
        # Java compares texts by their units of UTF-16.
        for about in sorted(self.repeatable, key=lambda text: text.encode("utf-16-be", "surrogatepass")):
            name, found = self.repeatable[about]
            if self._off(name):
                continue
            message = N_(
                "{file}: a repeatable migration; Flyway executes it only where it has changed, the plan always, and "
                "nothing takes it back."
            )
            self.told.append(Said(message, file=name))
            migration = Migration(f"r-{found.written}", about.strip(), self._source(name), way_back="none")
            self._look(migration, name)
            again.migrations.append(migration)
        groups = [group for group in (main, again) if group.migrations]
        record = self.settings.get("table", "flyway_schema_history")
        told = [*self.settings.told, *self.told]
        return Project(self.scripts.directory.resolve().name, "Flyway", groups, record, "", told)

    def _sort(self, name: str) -> None:
        """What a file is by its name."""
        base = posixpath.basename(name)
        leave = self.scripts.leave
        if is_settings(name):
            script = name.removesuffix(".conf")
            known = script in self.scripts.names
            leave(
                name, Said("the settings of {file}", file=script) if known else Said(N_("settings that are not read"))
            )
        elif _CALLBACKS.fullmatch(base.partition(self.names.separator)[0].partition(".")[0]):
            leave(name, Said(N_("a callback, which Flyway executes by itself; make a step of it where needed")))
        elif (found := self.names.read(name)) is not None:
            self._take(name, found)
        elif base.lower().endswith(".sql"):
            leave(name, Said(N_("Flyway does not know a script by such a name")))

    def _take(self, name: str, found: FlywayName) -> None:
        if found.kind == "baseline":
            self.scripts.leave(name, Said(N_("a baseline, which Flyway executes in an empty database alone")))
            return
        if found.kind == "repeatable":
            if found.about in self.repeatable:
                message = N_(
                    "{one} and {other} have the same description, as Flyway compares them; rename one of them."
                )
                raise ImportFailed(Said(message, one=self.repeatable[found.about][0], other=name))
            self.repeatable[found.about] = name, found
        else:
            version = version_of(found.version)
            earlier = self.undone.get(version) if found.kind == "undo" else self.versioned.get(version, (None,))[0]
            if earlier is not None:
                message = N_(
                    "{one} and {other} have the same version {version}, as Flyway compares them; give one another."
                )
                raise ImportFailed(Said(message, one=earlier, other=name, version=".".join(map(str, version))))
            if found.kind == "undo":
                self.undone[version] = name
            else:
                self.versioned[version] = name, found
        if found.suffix not in (*self.names.suffixes, *CODE):
            message = N_(
                "{file}: Flyway takes it from version 9.2 on; an older one passes over a name that ends in {suffix}."
            )
            self.told.append(Said(message, file=name, suffix=found.suffix))

    def _setting(self, name: str, key: str, usual: str) -> str:
        """A setting of a script, else of the project."""
        return settings_of(self.scripts, name).get(key, self.settings.get(key, usual))

    def _off(self, name: str) -> bool:
        """Whether its settings say that Flyway passes over it; it has no part in the plan then."""
        if settings_of(self.scripts, name).get("shouldExecute", "true").lower() != "false":
            return False
        self.scripts.leave(name, Said(N_("its settings say shouldExecute=false, and Flyway does not execute it")))
        return True

    def _look(self, migration: Migration, name: str) -> None:
        """What keeps a script of Flyway's from being executed as it stands."""
        executed = settings_of(self.scripts, name).get("shouldExecute", "true")
        if name.lower().endswith(CODE):
            migration.by_hand = Said(N_("It is no SQL."))
        elif executed.lower() != "true":
            message = N_("Flyway executes it only where {expression} holds, and virada does not decide that.")
            migration.by_hand = Said(message, expression=executed)
        elif (wrong := self._objection(name)) is not None:
            migration.by_hand, migration.line = wrong

    def _objection(self, name: str) -> tuple[Said, int] | None:
        """Why the text is not the one that Flyway would send, and the line."""
        encoding = self._setting(name, "encoding", "UTF-8")
        raw = self.scripts.raw(name)
        if encoding.lower() not in _UTF8 and not raw.isascii():
            line = 1 + next(at for at, line in enumerate(raw.split(b"\n")) if not line.isascii())
            message = N_("Its settings say that it is in {encoding}; save it as UTF-8, and say so there.")
            return Said(message, encoding=encoding), line
        if self._setting(name, "placeholderReplacement", "true").lower() == "false":
            return None
        prefix, suffix = self.settings.get("placeholderPrefix", "${"), self.settings.get("placeholderSuffix", "}")
        text = self.scripts.text(name) or ""
        at = text.find(prefix) if prefix else -1
        if at < 0:
            return None
        end = text.find(suffix, at + len(prefix)) if suffix else -1
        shown = text[at : end + len(suffix)] if end >= 0 else prefix
        shown = shown.splitlines()[0][:_SHOWN]
        said = Said("Flyway puts in {placeholder}, and virada does not; write it out.", placeholder=shown)
        return said, 1 + text.count("\n", 0, at)

    def _back(self, migration: Migration, down: str) -> None:
        executed = settings_of(self.scripts, down).get("shouldExecute", "true").lower()
        if executed != "true":
            self.scripts.leave(down, Said(N_("its settings say that Flyway does not always execute it")))
        elif down.lower().endswith(CODE):
            self.scripts.leave(down, Said(N_("it reads as if it took something back, and it is no SQL")))
        else:
            migration.down = self._source(down)
            migration.stays = self._objection(down)

    def _source(self, name: str) -> ScriptFile:
        return ScriptFile(name, untransacted=self._setting(name, "executeInTransaction", "true").lower() == "false")
