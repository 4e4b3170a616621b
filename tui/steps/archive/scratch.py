"""A scratch database like its source: encoding, provider, locale and settings, as SQL. Pure.

A restore into a database of another encoding or locale fails, or sorts and compares otherwise; a CHECK may read a
setting of the database.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from tui.sql.quoting import identifier, literal

MARK: Final = "virada trial restore"
"""The comment of a scratch database: only one that has it is dropped."""
_OURS: Final = frozenset(
    (
        "default_transaction_read_only", "role", "session_authorization", "statement_timeout", "lock_timeout",
        "idle_in_transaction_session_timeout", "transaction_timeout", "session_preload_libraries",
        "local_preload_libraries", "idle_session_timeout", "exit_on_error",
    )
)  # fmt: skip
"""Settings of a source that would keep the restore itself from working, and say nothing of its data."""
_LISTS: Final = ("search_path", "temp_tablespaces")
"""Their values are lists of quoted names, which one literal would make one name."""
SOURCE: Final = """select r.rolsuper, pg_catalog.pg_encoding_to_char(d.encoding), pg_catalog.to_jsonb(d)::text,
(select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(o.rolname, s.setconfig) order by s.setrole), '[]')
from pg_catalog.pg_db_role_setting s left join pg_catalog.pg_roles o on o.oid = s.setrole
where s.setdatabase = d.oid)::text
from pg_catalog.pg_database d, pg_catalog.pg_roles r
where d.datname = pg_catalog.current_database() and r.rolname = {role}"""
"""Whether the role is a superuser; encoding, row of pg_database and settings ([role or null, ["name=value"]])."""
EXISTS: Final = """select coalesce(pg_catalog.shobj_description(oid, 'pg_database'), '') from pg_catalog.pg_database
where datname = {name}"""


def known(text: Any) -> Any:
    """What the server said in JSON."""
    return msgspec.json.decode(text)


def created(name: str, encoding: str, source: dict[str, Any], owner: str | None) -> tuple[str, str]:
    """CREATE DATABASE and the comment by which it is known again. `source`: its row of pg_database."""
    parts = [f"create database {identifier(name)} template template0 encoding {literal(encoding)}"]
    parts += [f"lc_collate {literal(source['datcollate'])} lc_ctype {literal(source['datctype'])}"]
    locale, provider = source.get("datlocale") or source.get("daticulocale"), source.get("datlocprovider")
    if provider == "i":
        parts.append(f"locale_provider icu icu_locale {literal(locale or '')}")
        if source.get("daticurules"):
            parts.append(f"icu_rules {literal(source['daticurules'])}")
    elif provider == "b":
        parts.append(f"locale_provider builtin builtin_locale {literal(locale or '')}")
    elif provider == "c":
        parts.append("locale_provider libc")
    if owner is not None:
        parts.append(f"owner {identifier(owner)}")
    return " ".join(parts), f"comment on database {identifier(name)} is {literal(MARK)}"


def settings(name: str, of: list[list[Any]], *, hindering: bool = False) -> list[tuple[str, str]]:
    """The source's settings for this database, each as (what it is, statements); of those that would keep a restore
    from working none, or, where they are asked for, nothing else."""
    found: list[tuple[str, str]] = []
    for role, values in of:
        for value in values or ():
            setting, _sign, text = str(value).partition("=")
            if (setting in _OURS) is not hindering:
                continue
            place = f"alter database {identifier(name)}"
            if role is not None:
                place = f"alter role {identifier(role)} in database {identifier(name)}"
            named = ".".join(identifier(part) for part in setting.split("."))
            if setting in _LISTS:
                current = f"select pg_catalog.set_config({literal(setting)}, {literal(text)}, true)"
                sql = f"begin; {current}; {place} set {named} from current; commit"
            else:
                sql = f"{place} set {named} to {literal(text)}"
            found.append((setting if role is None else f"{setting} ({role})", sql))
    return found


def dropped(name: str) -> str:
    return f"drop database if exists {identifier(name)} with (force)"
