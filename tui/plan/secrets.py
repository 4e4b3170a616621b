"""Secrets in a plan and its files: what is frozen, journaled and shown to observers must not hold any.

A password of a connection, of a program's environment or of its arguments is refused. One in SQL is named with the way
round it: its run hides it wherever it writes, and keeps the file for its owner alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

from tui.plan.files import PLAN_FILE, Files
from tui.plan.kinds import Kinds
from tui.plan.problems import ProblemReport
from tui.plan.scalars import VARIABLE
from tui.plan.yaml import Mapping, Scalar, Sequence, YamlNode
from tui.said import Said
from tui.sql.disclosed import Disclosed, Disclosure, disclosed_in_script, disclosed_in_text, standing_for_one
from tui.sql.passwords import may_hold, read_secrets
from tui.sql.secrets import is_distinctive, is_reference, is_secret_name
from tui.sql.written import HOLDS, find_written

CODE = "secret-in-plan"
_URL = re.compile(r"://[^\s/:@]*:[^\s/@]+@")
_SETTING = re.compile(r"(?i)passw(?:or)?d\s*=\s*(?:'[^']+'|[^\s&'\"$]+)")
_TIGHT = re.compile(r"(?i)(?:passw(?:or)?d|pwd)=(?:'[^']+'|[^\s&'\"$]+)")
_KEY = re.compile(r"(?i)(?:pg)?passw(?:or)?d|.*_(?:password|secret|token)")
"""Variables of a psql script that are refused by their name alone."""
_OPTION = re.compile(r"--?[A-Za-z][A-Za-z-]*")
_PROSE = frozenset({"title", "name", "duty", "contact", "role", "id", "needs", "with"})
_SCHEMES = frozenset({"bearer", "basic", "token", "apikey"})
"""What stands before the secret in a header of authorization: `Bearer ${TOKEN}`."""
_LONGEST_OTHER = 1 << 20
"""Bytes of a file that is no script which are looked at."""


class Secrets(Struct, frozen=True, kw_only=True):
    """What a plan and its files hold. `values` are looked for wherever something is written; `files` are the names of
    those that hold one, the plan's own among them; `names` are psql's variables that stand for one, `variables` the
    environment's."""

    values: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()


def together(known: Secrets, further: Secrets) -> Secrets:
    """What either holds; the files are those of the further one."""
    return Secrets(
        values=tuple(dict.fromkeys((*known.values, *further.values))), files=further.files,
        names=tuple(dict.fromkeys((*known.names, *further.names))),
        variables=tuple(dict.fromkeys((*known.variables, *further.variables))),
    )  # fmt: skip


def literal(text: str) -> str:
    """The text as far as it stands in the plan itself: variables left out, their defaults left in."""
    return VARIABLE.sub(lambda match: match[2] or "", text)


def is_secret(text: str, in_target: bool) -> bool:
    """Does a text surely hold a password: in a URL, or as `password=` of a connection?"""
    shown = literal(text)
    return _URL.search(shown) is not None or (in_target and _SETTING.search(shown) is not None)


def lint_secrets(root: YamlNode, report: ProblemReport, files: Files, source: str, kinds: Kinds) -> Secrets:
    """Report every secret that is written down, at its place; never repeat it. `source`: the plan's own text."""
    search = _Search(report, files, source, kinds)
    search.scripts()
    search.plan(root)
    return search.secrets()


class _Place(Struct, frozen=True):
    """Where a node of the plan stands: in a target, under a key that names a secret, in a program's arguments, among a
    psql script's variables (by the name of one), in prose, among the channels, as one of
    them."""

    in_target: bool = False
    named: bool = False
    argument: bool = False
    variable: str | None = None
    prose: bool = False
    channels: bool = False
    channel: bool = False


class _Search:
    def __init__(self, report: ProblemReport, files: Files, source: str, kinds: Kinds) -> None:
        self._report = report
        self._files = files
        self._lines = source.split("\n")
        self._reported = report.places()
        self._values: dict[str, None] = {}
        self._holding: dict[str, None] = {}
        self._names: set[str] = set()
        self._variables: set[str] = set()
        self._arguments = {key for kind in kinds.values() for key in kind.arguments}
        self._prose = _PROSE.union(key for kind in kinds.values() for key in kind.file_keys)
        self._script_variables = {key for kind in kinds.values() for key in kind.script_variables}
        self._short = {name for name, kind in kinds.items() if kind.short in kind.arguments}

    def secrets(self) -> Secrets:
        return Secrets(
            values=tuple(self._values), files=tuple(self._holding), names=tuple(sorted(self._names)),
            variables=tuple(sorted(self._variables)),
        )  # fmt: skip

    # The files

    def scripts(self) -> None:
        """What stands in the plan's files."""
        disclosures: dict[str, Disclosure] = {}
        for name in sorted(self._files.digests):
            text = self._files.script(name)
            if text is not None:
                disclosures[name] = disclosed_in_script(text)
                self._names |= disclosures[name].names
            else:
                other = self._files.beginning(name, _LONGEST_OTHER)
                if HOLDS.search(other) is not None:
                    self._say(name, disclosed_in_text(other))
        aliases = [alias for disclosure in disclosures.values() for alias in disclosure.aliases]
        self._names = standing_for_one(self._names, aliases)
        for name, disclosure in disclosures.items():
            given = [secret for variable, secret in disclosure.sets if self._stands_for_one(variable)]
            self._say(name, (*disclosure.found, *given))
            self._variables |= {taken for variable, taken in disclosure.environment if self._stands_for_one(variable)}

    def _stands_for_one(self, variable: str) -> bool:
        return variable in self._names or is_secret_name(variable)

    def _say(self, name: str, found: Iterable[Disclosed]) -> None:
        for secret in found:
            self._holding[name] = None
            if secret.sure:
                self._values[secret.value] = None
            at = (secret.line, secret.column)
            self._report.add(CODE, at, in_file(), "warning", self._files.shown(name))

    # The plan itself

    def plan(self, root: YamlNode) -> None:
        """What stands in the plan."""
        seen: set[int] = set()
        waiting: list[tuple[YamlNode, _Place]] = [(root, _Place())]
        while waiting:
            node, place = waiting.pop()
            if isinstance(node, Scalar):
                self._scalar(node, place)
                continue
            if id(node) in seen:
                continue
            seen.add(id(node))
            if isinstance(node, Sequence):
                waiting += [(item, _Place(place.in_target, False, place.argument)) for item in node.items]
                if place.argument:
                    self._options(node)
            elif isinstance(node, Mapping):
                waiting += self._pairs(node, place, node is root)

    def _pairs(self, node: Mapping, place: _Place, is_root: bool) -> Iterable[tuple[YamlNode, _Place]]:
        for key, (key_node, value) in node.pairs.items():
            yield key_node, _Place(place.in_target)
            sound = key_node.spot not in self._reported
            if place.variable is not None:
                yield value, _Place(place.in_target, sound and _KEY.fullmatch(key) is not None, variable=key)
                continue
            # Addresses of Apprise's have keys in any place.
            named = sound and (is_secret_name(key) or place.channels)
            yield value, _Place(
                place.in_target or (is_root and key == "targets"), named,
                argument=key in self._arguments or (key in self._short and not isinstance(value, Mapping)),
                variable="" if key in self._script_variables and isinstance(value, Mapping) else None,
                prose=key in self._prose, channels=place.in_target and key == "channels" and isinstance(value, Mapping),
                channel=place.channels,
            )  # fmt: skip

    def _scalar(self, node: Scalar, place: _Place) -> None:
        if place.variable and not place.named and self._stands_for_one(place.variable):
            self._variables |= {match[1] for match in VARIABLE.finditer(node.text)}
            shown = literal(node.text)
            if shown.strip() and not shown.startswith("$"):
                self._found(node, node.spot, (shown,))
            return
        if place.named:
            self._variables |= {match[1] for match in VARIABLE.finditer(node.text)}
        telling = place.named or "=" in node.text or "@" in node.text
        if not telling and HOLDS.search(node.text) is None and not may_hold(node.text):
            return
        shown = literal(node.text)
        if place.named and shown.strip().lower() in _SCHEMES:
            shown = ""
        if is_secret(node.text, place.in_target) or (place.named and shown.strip() and not shown.startswith("$")):
            values = (shown,) if place.named else tuple(w.value for w in find_written(shown))
            self._found(node, node.spot, values, refused=True, channel=place.channel)
        elif _TIGHT.search(shown):
            doubted = Said(
                "This looks like a password in a plan, which is journaled and shown; write a variable instead."
            )
            self._report.add(CODE, node.spot, doubted)
            self._holding[PLAN_FILE] = None
        elif place.in_target:
            values = tuple(written.value for written in find_written(shown))
            if values:
                self._found(node, node.spot, values, refused=True)
        elif not place.prose:
            self._text(node, place)

    def _text(self, node: Scalar, place: _Place) -> None:
        """SQL, a program's argument, or whatever else a kind of step takes."""
        reading = read_secrets(node.text)
        self._names |= reading.variables
        for secret in reading.found:
            sure = secret.sort not in ("assignment", "connection") or is_distinctive(secret.value)
            spot = self._spot(node, node.text[secret.start : secret.end])
            self._found(node, spot, (secret.value,) if sure else (), argument=place.argument)
        if reading.found:
            return
        for written in find_written(node.text):
            values = (written.value,) if is_distinctive(written.value) else ()
            spot = self._spot(node, node.text[written.start : written.end])
            self._found(node, spot, values, argument=place.argument)

    def _options(self, node: Sequence) -> None:
        """`--password SECRET` as two arguments."""
        for option, value in zip(node.items, node.items[1:], strict=False):
            if isinstance(option, Scalar) and isinstance(value, Scalar) and _OPTION.fullmatch(option.text):
                name = option.text.lstrip("-")
                if is_secret_name(name) and not name.startswith("no-") and not value.text.startswith("-"):
                    if is_reference(value.text):
                        self._variables |= {match[1] for match in VARIABLE.finditer(value.text)}
                    else:
                        self._found(value, value.spot, (value.text,), argument=True)

    def _found(
        self, node: Scalar, spot: tuple[int, int], values: tuple[str, ...], *, refused: bool = False,
        argument: bool = False, channel: bool = False,
    ) -> None:  # fmt: skip
        self._holding[PLAN_FILE] = None
        self._values |= dict.fromkeys(values)
        if channel:
            message = Said("An address of a channel holds keys, and would be journaled; write a variable: ${TEAM_URL}.")
            self._report.add(CODE, node.spot, message)
        elif refused:
            message = Said(
                "A password in a plan: it would be journaled and shown; write a variable such as ${DATABASE_URL}."
            )
            self._report.add(CODE, node.spot, message)
        elif argument:
            message = Said(
                "A password in a program's arguments, which everybody on this host sees; give it by "
                "environment: {NAME: ${VARIABLE}} or in a file."
            )
            self._report.add(CODE, spot, message)
        else:
            self._report.add(CODE, spot, in_file(), "warning")

    def _spot(self, node: Scalar, written: str) -> tuple[int, int]:
        """Where in the plan's text a piece of a value stands; the value's own place where that cannot be told."""
        wanted = written.split("\n")[0]
        for number in range(node.line, min(len(self._lines), node.line + node.text.count("\n") + 2) + 1):
            line = self._lines[number - 1]
            at = line.find(wanted, node.column - 1 if number == node.line else 0)
            if at >= 0:
                return number, at + 1
        return node.spot


def in_file() -> Said:
    """What is said of a secret in SQL or in a file of the plan."""
    return Said(
        "A secret in plain text; the run hides it, this file does not. Use psql with variables: {pw: ${VARIABLE}} and "
        "PASSWORD :'pw', a SCRAM verifier, or psql's \\password by hand."
    )
