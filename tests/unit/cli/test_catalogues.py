"""Every text has its words in pt_BR, and the compiled catalogues are those of their sources."""

from __future__ import annotations

import ast
import gettext
import io
import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

import tui
from tui.said import LANGUAGES

PACKAGE = Path(tui.__file__).parent
DIRECTORY = PACKAGE / "locale"
HOW = "extract, translate and compile again as tui/locale/babel.cfg says"
_NAME = re.compile(r"\{(\w+)[^{}]*\}")
_METHODS = [("locale/**", "ignore"), ("**.py", "python")]
_KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None, "N_": None, "ngettext": (1, 2), "Said": (1,), "several": (1, 2)
}  # fmt: skip


@cache
def extracted() -> list[tuple[str, str | tuple[str, ...]]]:
    """Every text with the file in which it stands."""
    found = extract_from_dir(str(PACKAGE), method_map=_METHODS, keywords=_KEYWORDS)
    return [(file, message) for file, _line, message, _comments, _context in found]


def source(language: str) -> Catalog:
    with (DIRECTORY / language / "LC_MESSAGES" / "virada.po").open("rb") as file:
        return read_po(file, locale=language)


def texts(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ("",))


OTHER_NAMES = {"pt_BR": {r"\bpassos?\b": "etapa", r"\bbancos? de rascunho\b": "banco de teste"}}
"""Second names of things that have one already."""


@pytest.mark.parametrize("language", OTHER_NAMES)
def test_a_thing_has_one_name(language: str) -> None:
    found = [
        f"{name}, not as in: {text}"
        for message in source(language)
        for text in (texts(message) if message.id else ())
        for other, name in OTHER_NAMES[language].items()
        if re.search(other, text, re.IGNORECASE)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_no_text_lacks_its_words(language: str) -> None:
    catalogue = source(language)
    lacking = []
    for file, message in extracted():
        known = catalogue.get(message if isinstance(message, str) else message[0])
        if known is None or known.fuzzy or not all(texts(known)):
            lacking.append(f"{file}: {message!r}")
    assert not lacking, f"{HOW}; these lack {language}:\n" + "\n".join(lacking)


def test_no_marked_text_is_passed_over() -> None:
    """Where one call stands inside another the extraction may lose the inner one, and the translation with it."""
    found = {text for _file, message in extracted() for text in ([message] if isinstance(message, str) else message)}
    lost = []
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _KEYWORDS:
                for given in node.args[: len(_KEYWORDS[node.func.id] or "_")]:
                    if isinstance(given, ast.Constant) and isinstance(given.value, str) and given.value not in found:
                        lost.append(f"{path.name}:{given.lineno}: {given.value!r}")
    assert [text for text in lost if not text.endswith(": ''")] == []


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_translations_keep_the_names_in_their_texts(language: str) -> None:
    wrong = []
    for message in source(language):
        if not message.id:
            continue
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        if set(_NAME.findall(" ".join(ids))) != set(_NAME.findall(" ".join(texts(message)))):
            wrong.append(message.id)
    assert not wrong


def messages(translation: gettext.GNUTranslations) -> dict[object, str]:
    """What is translated, without the header, which names the version of the program that wrote it."""
    return {key: text for key, text in vars(translation)["_catalog"].items() if key != ""}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_that_of_its_source(language: str) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, source(language))
    expected = gettext.GNUTranslations(io.BytesIO(compiled.getvalue()))
    with (DIRECTORY / language / "LC_MESSAGES" / "virada.mo").open("rb") as file:
        committed = gettext.GNUTranslations(file)
    assert messages(committed) == messages(expected), HOW


def test_plurals_follow_the_language() -> None:
    translation = gettext.translation("virada", DIRECTORY, languages=["pt_BR"])
    assert [translation.ngettext("{count} error", "{count} errors", n) for n in (0, 1, 2)] == [
        "{count} erro",
        "{count} erro",
        "{count} erros",
    ]
