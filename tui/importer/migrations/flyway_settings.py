"""What a project of Flyway's says of itself: `flyway.toml` or `flyway.conf`, and the file of settings beside a script.

As Flyway 13 reads them: where there is a TOML file the others do not count; of `conf/` and the directory itself the
latter wins; what is not here (its command line, its environment, a file elsewhere) nobody knows.
"""

from __future__ import annotations

import posixpath
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tui.importer.imported import ImportFailed
from tui.importer.migrations.scripts import Scripts
from tui.said import N_, Said

_TOML: Final[tuple[str, ...]] = ("conf/flyway.toml", "conf/flyway.user.toml", "flyway.toml", "flyway.user.toml")
_PROPERTIES: Final[tuple[str, ...]] = ("conf/flyway.conf", "flyway.conf")
_PROPERTY: Final = re.compile(r"(?P<key>[^\s=:#!][^\s=:]*)\s*[=:\s]\s*(?P<value>.*)")
_AT: Final = re.compile(r"\(at line (\d+), column (\d+)\)")
_KEPT: Final = frozenset({
    "locations", "encoding", "executeInTransaction", "placeholderReplacement", "placeholderPrefix",
    "placeholderSuffix", "placeholderSeparator", "sqlMigrationPrefix", "undoSqlMigrationPrefix",
    "baselineMigrationPrefix", "repeatableSqlMigrationPrefix", "sqlMigrationSeparator", "sqlMigrationSuffixes",
    "table", "shouldExecute",
})  # fmt: skip
"""Settings that the plan goes by."""
_HARMLESS: Final = frozenset({
    "url", "user", "password", "driver", "token", "licenseKey", "email", "connectRetries", "connectRetriesInterval",
    "jarDirs", "configFiles", "configFileEncoding", "reportEnabled", "reportFilename", "outputType",
    "outputQueryResults", "logger", "loggers", "color", "cleanDisabled", "cleanOnValidationError",
    "validateOnMigrate", "validateMigrationNaming", "ignoreMigrationPatterns", "failOnMissingLocations",
    "installedBy", "tablespace", "lockRetryCount", "stream", "batch", "detectEncoding", "environment",
    "outOfOrder", "dryRunOutput", "displayName", "communityDBSupportEnabled", "pipelineId", "publishResult",
})  # fmt: skip
"""Settings that change nothing of which statements are executed, in which order, and where."""
_HARMLESS_BEGINNINGS: Final = (
    "placeholders.", "jdbcProperties.", "vault.", "dapr.", "check.", "snapshot.", "diff.", "diffText.", "generate.",
    "model.", "prepare.", "add.", "init.", "provisioner.", "resolvers.", "desktop.",
)  # fmt: skip


@dataclass(slots=True)
class FlywaySettings:
    """`values`: those of the project by their names without `flyway.`, lists joined by commas. `files`: where they
    stand. `told`: what a person has to know of them."""

    values: dict[str, str] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    told: list[Said] = field(default_factory=list)

    def get(self, key: str, usual: str) -> str:
        return self.values.get(key, usual)


def read_settings(scripts: Scripts) -> FlywaySettings:
    """The project's own. Raises ImportFailed for a file that is none."""
    settings = FlywaySettings()
    kinds = (_TOML, _PROPERTIES)
    wanted = next((there for kind in kinds if (there := [name for name in kind if name in scripts.names])), [])
    for name in wanted:
        settings.files.append(name)
        text = _text(scripts, name)
        found = dict(_toml(name, text) if name.endswith(".toml") else _properties(text, "flyway."))
        settings.values |= found
        odd = sorted(key for key in found if not _understood(key))
        if odd:
            message = N_(
                "{file}: these settings count for Flyway and not for the plan; see what they mean for it: {names}."
            )
            settings.told.append(Said(message, file=name, names=odd))
    if not wanted:
        settings.told += _nowhere(scripts)
    return settings


def settings_of(scripts: Scripts, name: str) -> dict[str, str]:
    """The settings of one script, in a file of its name with `.conf` behind it."""
    own = f"{name}.conf"
    return dict(_properties(_text(scripts, own), "")) if own in scripts.names else {}


def is_settings(name: str) -> bool:
    """Whether a file is one of settings by its name."""
    return name.endswith(".conf") or posixpath.basename(name) in ("flyway.toml", "flyway.user.toml")


def _nowhere(scripts: Scripts) -> Iterator[Said]:
    above = scripts.directory.resolve().parent
    for name in ("flyway.toml", "flyway.conf"):
        if (above / name).is_file():
            message = N_(
                "{file} lies above the directory and was not read; where its settings count, name the directory that "
                "it lies in."
            )
            yield Said(message, file=str(above / name))
            return
    yield Said(N_("Here is no flyway.conf or flyway.toml; what Flyway is told elsewhere the plan does not go by."))


def _understood(key: str) -> bool:
    key = key.removeprefix("environments.*.")
    return key in _KEPT or key in _HARMLESS or key.startswith(_HARMLESS_BEGINNINGS)


def _text(scripts: Scripts, name: str) -> str:
    text = scripts.text(name)
    if text is None:
        raise ImportFailed(Said("{file}:{line}: it is not UTF-8.", file=name, line=scripts.wrong_line(name)))
    return text.removeprefix("\ufeff")


def _properties(text: str, prefix: str) -> Iterator[tuple[str, str]]:
    """A line each; one that ends in a backslash goes on in the next, where that is no setting of its own."""
    lines = [line.strip() for line in text.replace("\r\n", "\n").split("\n")]
    while lines:
        line = lines.pop(0)
        while line.endswith("\\") and lines and lines[0] and not re.match(r"flyway\.[^=]*=(?!=)", lines[0]):
            line = line[:-1] + lines.pop(0)
        if (match := _PROPERTY.fullmatch(line)) is not None and match["key"].startswith(prefix):
            yield match["key"].removeprefix(prefix), match["value"].strip()


def _toml(name: str, text: str) -> Iterator[tuple[str, str]]:
    """The table `flyway`; what an environment says beside how it is reached has `environments.*.` before it."""
    try:
        read = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        at = _AT.search(str(error))
        line, column = (1, 1) if at is None else (int(at[1]), int(at[2]))
        message = N_("{file}:{line}:{column}: this is no TOML; mend the file.")
        raise ImportFailed(Said(message, file=name, line=line, column=column)) from error
    yield from _flat(read.get("flyway"), "")
    environments = read.get("environments")
    for environment in environments.values() if isinstance(environments, dict) else ():
        for key, value in _flat(environment, ""):
            yield f"environments.*.{key}", value


def _flat(value: Any, before: str) -> Iterator[tuple[str, str]]:
    if not isinstance(value, Mapping):
        return
    for key, inner in value.items():
        if isinstance(inner, Mapping):
            yield from _flat(inner, f"{before}{key}.")
        elif isinstance(inner, list):
            yield f"{before}{key}", ",".join(map(str, inner))
        else:
            yield f"{before}{key}", str(inner).lower() if isinstance(inner, bool) else str(inner)
