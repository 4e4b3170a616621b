"""The target's database as a whole: whose it is, who may connect; and grants on it made others."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any, Final

import msgspec
from msgspec import Struct

from tui.sql.database_acl import Grant, grants, statements
from tui.sql.quoting import literal
from tui.steps.answers import ask
from tui.steps.context import Context
from tui.steps.effects import Effect, Maintain, RunQuery, SqlError

_TRIES: Final = 4
_ACCESS: Final = """select d.datname, d.oid::int8, pg_catalog.pg_get_userbyid(d.datdba), session_user,
(select r.rolsuper from pg_catalog.pg_roles r where r.rolname = session_user),
(select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(pg_catalog.pg_get_userbyid(a.grantor),
  case a.grantee when 0 then '' else pg_catalog.pg_get_userbyid(a.grantee) end, a.privilege_type, a.is_grantable)),
  '[]')
 from pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) a)::text
from pg_catalog.pg_database d where d.datname = {name}"""


class Access(Struct, frozen=True, kw_only=True):
    """Of one database: its owner, its grants; and who has logged in for the run."""

    database: str
    oid: int
    owner: str
    login: str
    superuser: bool
    grants: tuple[Grant, ...]


def access_of(context: Context, database: str | None = None) -> Generator[Effect, Any, Access | SqlError]:
    """Of the target's database, or another one by its name. A database that is not there has no owner."""
    name = "pg_catalog.current_database()" if database is None else literal(database)
    rows = yield from ask(context, RunQuery(ours=True, sql=_ACCESS.format(name=name), role=context.step.as_))
    if rows.error is not None:
        error: SqlError = rows.error
        return error
    if not rows.rows:
        return Access(database=database or "", oid=0, owner="", login="", superuser=False, grants=())
    found, oid, owner, login, superuser, acl = rows.rows[0]
    return Access(
        database=found, oid=int(oid), owner=owner, login=login, superuser=bool(superuser),
        grants=grants(msgspec.json.decode(acl)),
    )  # fmt: skip


def changed(context: Context, access: Access, want: Iterable[Grant]) -> Generator[Effect, Any, Access | SqlError]:
    """Make the grants those, in one transaction, and read them back: a REVOKE without right to it returns its tag.
    Where the server was lost meanwhile they are read before anything is said of it, and made once more if need be."""
    want = tuple(want)
    for left in reversed(range(_TRIES)):
        wanted = statements(access.database, access.owner, access.grants, want, context.step.as_)
        done: tuple[SqlError | None, ...] = (None,)
        if wanted:
            done = yield Maintain(statements=("; ".join(("begin", *wanted, "commit")),), role=context.step.as_)
        error: SqlError | None = done[-1]
        if error is not None and (not error.lost or not left):
            return error
        found = yield from access_of(context, access.database)
        if error is None or isinstance(found, SqlError):
            return found
        access = found
    return access
