"""Nothing outside a kind's own file knows it by its name, or a key of its spec: a further kind is one new file."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

import tui
from tui.plan import shapes
from tui.plan.kinds import KINDS_TO_COME
from tui.steps.registry import KINDS

PACKAGE = Path(tui.__file__).parent
OTHER_WORDS: tuple[tuple[str, str, str], ...] = (
    ("plan/kinds", ".*", "the one table of the kinds that there are to be"),
    ("plan/shapes", "sql|http", "keys of a canary and of a host's sources"),
    ("plan/extras", "notify", "an extra of the package"),
    ("plan/metrics|probes/reading|words/codes", "load", "a metric"),
    ("sql/", "sql", "what a statement is beside meta-commands and COPY; the language of a function"),
    ("postgres/conninfo/programs|engine/programs/client_tools|engine/drivers/(child|psql)", "psql", "the program"),
    ("postgres/conninfo/parameters|engine/target/access", "monitor", "what a session is for"),
    ("engine/redaction/published|pictures/details", "sql|query", "keys of specs and proofs"),
    ("pictures/waits|run/lockwait", "query", "what a session of the server executes"),
    ("steps/(batch|query)", "sql", "the key of their own specs"),
    ("steps/check/pgbackrest_stanza", "backup", "what pgBackRest lists"),
    ("steps/verify_backup/", "restore", "a level of verification"),
    ("steps/(quiesce|backup|store_backup|collect)", "command", "a key of its spec"),
    ("steps/collect", "query|psql", "a key of its spec, and a program"),
    ("helm/protocol", "command", "why a client comes"),
    ("cli/|console/(input/|commander)|words/refusals", "sign|check", "a command, and what refuses it"),
    ("cli/main|engine/drivers/report", "report", "a command"),
    ("doctor/tools", "psql", "the program"),
    ("importer/", ".*", "plans are written there, in their own language; fences, metrics and groups of patterns"),
    ("steps/verify_backup/", "command|backup", "a key of its spec; what pgBackRest and Barman list, and do"),
)
"""Files (a regular expression from the beginning), the words in them, and what those are there instead."""


def by_name(source: str) -> Iterator[tuple[int, str, str]]:
    """Line, name and code of each kind's name that is compared, matched, listed, or a key."""
    for node in ast.walk(ast.parse(source)):
        for part in _parts(node):
            if isinstance(part, ast.Constant) and part.value in KINDS_TO_COME:
                yield part.lineno, str(part.value), ast.unparse(node)


KEYS = frozenset(key for kind in KINDS.values() for key in shapes.fields(kind.spec))
OTHER_KEYS = (("engine/redaction/published|plan/secrets", "keys of a step, of people, of a proof"),)


def keys_by_name(source: str) -> Iterator[tuple[int, str, str]]:
    """Line, key and code of each key of a spec that is taken out of one, or listed where specs are walked through."""
    tree = ast.parse(source)
    walks = any(isinstance(node, ast.Constant) and node.value == "spec" for node in ast.walk(tree)) or ".spec" in source
    for node in ast.walk(tree):
        for spec, key in _taken(node):
            if ast.unparse(spec).split(".")[-1] == "spec" and key in KEYS:
                yield node.lineno, key, ast.unparse(node)  # type: ignore[attr-defined]
        for part in node.elts if walks and isinstance(node, ast.Set) else ():
            if isinstance(part, ast.Constant) and part.value in KEYS:
                yield part.lineno, str(part.value), ast.unparse(node)


def _taken(node: ast.AST) -> Iterable[tuple[ast.expr, str]]:
    match node:
        case ast.Subscript(value=spec, slice=ast.Constant(value=str(key))):
            return ((spec, key),)
        case ast.Call(func=ast.Attribute(value=spec, attr="get" | "pop"), args=[ast.Constant(value=str(key)), *_]):
            return ((spec, key),)
        case ast.Call(func=ast.Name(id="getattr" | "hasattr"), args=[spec, ast.Constant(value=str(key)), *_]):
            return ((spec, key),)
        case ast.Compare(left=ast.Constant(value=str(key)), comparators=[spec]):
            return ((spec, key),)
        case ast.Attribute(value=spec, attr=key):
            return ((spec, key),)
    return ()


def _parts(node: ast.AST) -> Iterable[ast.expr | None]:
    match node:
        case ast.Compare(left=left, comparators=others):
            return (left, *others)
        case ast.MatchValue(value=value):
            return (value,)
        case ast.Dict(keys=keys):
            return keys
        case ast.Set(elts=items) | ast.List(elts=items):
            return items
        case ast.Tuple(elts=items):
            return items
        case ast.Subscript(slice=key):
            return (key,)
        case ast.Call(func=ast.Attribute(attr="get" | "pop" | "setdefault"), args=[key, *_]):
            return (key,)
    return ()


def _is_own(file: str, name: str) -> bool:
    return file == f"steps/{name}.py" or file.startswith(f"steps/{name}/")


def _is_other_word(file: str, name: str, code: str) -> bool:
    # Whatever else a word means in a file, compared with the kind of a step it means that.
    if re.search(r"\bstep\.kind\b|kind\.name\b|\['kind'\]|KINDS", code):
        return False
    return any(re.match(files, file) and re.fullmatch(words, name) for files, words, _why in OTHER_WORDS)


def test_no_kind_is_known_by_its_name() -> None:
    known: list[str] = []
    for path in sorted(PACKAGE.rglob("*.py")):
        file = path.relative_to(PACKAGE).as_posix()
        known += (
            f"tui/{file}:{line}: {name!r} in {code[:80]}"
            for line, name, code in by_name(path.read_text(encoding="utf-8"))
            if not _is_own(file, name) and not _is_other_word(file, name, code)
        )
    assert not known, "a trait of the kind says it (tui/plan/kinds.py):\n" + "\n".join(known)


def test_no_key_of_a_spec_is_known_outside() -> None:
    known = [
        f"tui/{file}:{line}: {key!r} in {code[:80]}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if not (file := path.relative_to(PACKAGE).as_posix()).startswith("steps/")
        for line, key, code in keys_by_name(path.read_text(encoding="utf-8"))
        if not any(re.match(files, file) and code.startswith("{") for files, _why in OTHER_KEYS)
    ]
    assert not known, "a trait of the kind says it (tui/plan/kinds.py):\n" + "\n".join(known)


@pytest.mark.parametrize(
    "code",
    [
        "at.step.spec.get('text')", "spec['sign_off']", "getattr(use.spec, 'file', '')", "'file' in action.spec",
        "step.spec.expect", "_FILES = frozenset({'file', 'files'})\nstep.spec", "{'file'} & set(step['spec'])",
    ],
)  # fmt: skip
def test_a_key_is_found_however_it_is_taken(code: str) -> None:
    assert list(keys_by_name(code))


@pytest.mark.parametrize("entry", OTHER_WORDS, ids=lambda entry: str(entry[0]))
def test_every_exception_is_needed(entry: tuple[str, str, str]) -> None:
    files, words, _why = entry
    assert any(
        re.match(files, path.relative_to(PACKAGE).as_posix())
        and any(re.fullmatch(words, name) for _line, name, _code in by_name(path.read_text(encoding="utf-8")))
        for path in PACKAGE.rglob("*.py")
    )


@pytest.mark.parametrize(
    "code",
    [
        "at.step.kind == 'sign'", "'batch' != kind", "kind in ('http', 'notify')", "{'psql': 1}", "KINDS['backup']",
        "_OF = frozenset({'monitor'})", "names.get('restore')", "match kind:\n    case 'rls' | 'x': ...",
    ],
)  # fmt: skip
def test_it_is_found_however_it_is_written(code: str) -> None:
    assert list(by_name(code))


@pytest.mark.parametrize("code", ["at.step.kind == 'sql'", "step['kind'] == 'sql'", "attempt.kind.name == 'sql'"])
def test_another_meaning_in_a_file_excuses_no_kind(code: str) -> None:
    (found,) = by_name(code)
    assert not _is_other_word("sql/units.py", found[1], found[2])
    assert _is_other_word("sql/units.py", "sql", "statement.kind == 'sql'")


def test_each_kind_stands_in_the_file_of_its_name() -> None:
    assert set(KINDS) <= set(KINDS_TO_COME)
    for name, kind in KINDS.items():
        file = Path(str(__import__(kind.execute.__module__, fromlist=["KIND"]).__file__)).relative_to(PACKAGE)
        assert kind.name == name and _is_own(file.as_posix(), name), file
