"""The locale as it was given to this program, before Python makes UTF-8 of none."""

from __future__ import annotations

import locale
from collections.abc import Iterator, Mapping
from pathlib import Path

from tui.doctor.examined import Examined, examined
from tui.said import LANGUAGES, N_, Said

_NAMES = ("LC_ALL", "LC_CTYPE", "LANG")


def given() -> dict[str, str]:
    """The environment with which this process was started; empty where /proc does not tell."""
    try:
        raw = Path("/proc/self/environ").read_bytes()
    except OSError:
        return {}
    pairs = (entry.partition(b"=") for entry in raw.split(b"\0") if b"=" in entry)
    return {key.decode("utf-8", "replace"): value.decode("utf-8", "replace") for key, _sign, value in pairs}


def _in_force(environment: Mapping[str, str]) -> tuple[str, str]:
    """The variable that decides, and its value."""
    return next(((name, environment[name]) for name in _NAMES if environment.get(name)), ("LANG", ""))


def advice(environment: Mapping[str, str]) -> Said:
    """How UTF-8 is had here: a variable that stands behind the one in force would change nothing."""
    return Said(N_("Set a locale of UTF-8: export {name}=C.UTF-8"), name=_in_force(environment)[0])


def look(environment: Mapping[str, str]) -> Iterator[Examined]:
    """`environment` as it was given."""
    name, value = _in_force(environment)
    facts = {"name": name, "value": value}
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, value or "C")
        codeset = locale.nl_langinfo(locale.CODESET)
    except locale.Error:
        yield examined(
            "locale", "warn", "not_there", N_("this host has no locale {value}, which {name} names"),
            N_("Take one that `locale -a` lists: export LC_ALL=C.UTF-8"), **facts,
        )  # fmt: skip
        return
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    facts["codeset"] = codeset
    if codeset.upper().replace("-", "") != "UTF8":
        yield examined(
            "locale", "warn", "not_utf8", N_("{name}={value} is {codeset}: other programs of a run may write no UTF-8"),
            advice(environment), **facts,
        )  # fmt: skip
    else:
        yield examined("locale", "ok", "utf8", N_("{name}={value}"), **facts)
    yield _language(environment)


def _language(environment: Mapping[str, str]) -> Examined:
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    value = next((environment[name] for name in names if environment.get(name)), "")
    known = value[:2] in {language[:2] for language in LANGUAGES}
    said = N_("sentences are in the language of {value}") if known else N_("sentences are in English")
    return examined("locale.language", "ok", "known" if known else "english", said, value=value)
