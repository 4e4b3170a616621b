"""What belongs to a database itself and comes with no dump of its contents: carried over, and compared. Pure, but for
the effects that ask and make.

Of a setting its name is told where it differs, never its value: it may be a secret.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any, Final

import msgspec

from tui.sql.database_acl import Grant, grants, statements
from tui.sql.quoting import identifier, literal
from tui.steps.answers import look
from tui.steps.archive import scratch
from tui.steps.context import Context
from tui.steps.effects import Effect, KeptArtifact, Maintain, Probe, SqlError

_COMPARED: Final = (
    "owner", "encoding", "datlocprovider", "datcollate", "datctype", "datlocale", "daticulocale", "daticurules",
    "tablespace", "datconnlimit", "datistemplate", "datallowconn", "labels",
)  # fmt: skip


def sampled(recorded: Mapping[str, Any]) -> Generator[Effect, Any, dict[str, Any]]:
    """What was kept beside a backup, of its moment: `properties` and `written`; empty where nothing was."""
    name = recorded.get("sampled")
    text = (yield KeptArtifact(name=str(name))) if name else None
    return {} if text is None else dict(msgspec.json.decode(text))


def present(context: Context, name: str | None = None) -> Generator[Effect, Any, dict[str, Any] | SqlError]:
    """The properties of the target, or of the database of this name, as they are; empty where there is none. The error
    where nobody told: that is no difference, and no missing database."""
    found = yield from look(context, Probe(name="database", arguments={} if name is None else {"name": name}))
    if "error" in found:
        return SqlError(sqlstate=found.get("sqlstate"), message=found["error"], lost=True)
    return found


def unclosed(context: Context, of: Mapping[str, Any]) -> Mapping[str, Any]:
    """The present properties, with the grants that a release is to give back."""
    for step, _attempt, _by_grants in context.closing:
        former = context.former(step) or {}
        if str(of.get("oid")) in former:
            return {**of, "grants": former[str(of["oid"])]}
    return of


def created(name: str, of: Mapping[str, Any], mark: str, login: str | None) -> tuple[str, ...]:
    """A database like that one, which is known again by its comment, and in which nobody is let before it is whole but
    superusers and the run's own `login`."""
    create, _comment = scratch.created(name, str(of["encoding"]), dict(of), str(of["owner"]))
    if of.get("tablespace") not in (None, "pg_default"):
        create += f" tablespace {identifier(str(of['tablespace']))}"
    return (
        create, f"comment on database {identifier(name)} is {literal(mark)}",
        f"revoke connect on database {identifier(name)} from public",
        *(() if login is None else (f"grant connect on database {identifier(name)} to {identifier(login)}",)),
        *(sql for _what, sql in scratch.settings(name, list(of["settings"]))),
    )  # fmt: skip


def commented(name: str, want: Mapping[str, Any]) -> str:
    """Gives it its comment, in the place of the mark by which it was known: done with the exchange of names."""
    comment = want.get("comment")
    return f"comment on database {identifier(name)} is {'null' if comment is None else literal(str(comment))}"


def finished(context: Context, name: str, want: Mapping[str, Any]) -> Generator[Effect, Any, SqlError | None]:
    """All else of it but the comment, behind the data; the error of the first that is refused."""
    found = yield from present(context, name)
    if isinstance(found, SqlError):
        return found
    place = identifier(name)
    acl = statements(name, str(want["owner"]), grants(found["grants"]), grants(want["grants"]), context.step.as_)
    wanted = [
        *(sql for _what, sql in scratch.settings(name, list(want["settings"]), hindering=True)),
        f"alter database {place} connection limit {int(want.get('datconnlimit', -1))}",
        *((f"alter database {place} is_template true",) if want.get("datistemplate") else ()),
        *(f"security label for {identifier(p)} on database {place} is {literal(label)}" for p, label in want["labels"]),
        *(("; ".join(("begin", *acl, "commit")),) if acl else ()),
    ]
    done = yield Maintain(statements=tuple(wanted), role=context.step.as_)
    error: SqlError | None = done[-1] if done else None
    return error


def differing(want: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """By name what of them is not alike."""
    other = [name for name in _COMPARED if want.get(name) != found.get(name)]
    ours, theirs = set(grants(want["grants"])), set(grants(found["grants"]))
    other += [_grant(grant) for grant in sorted(ours ^ theirs, key=Grant.row)]
    then, now = _settings(want), _settings(found)
    other += sorted(name for name in then.keys() | now.keys() if then.get(name) != now.get(name))
    return other


def _grant(grant: Grant) -> str:
    return f"grant {grant.privilege} to {grant.grantee or 'PUBLIC'} by {grant.grantor}"


def _settings(of: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for role, values in of["settings"]:
        for value in values or ():
            name, _sign, text = str(value).partition("=")
            found[f"setting {name}" if role is None else f"setting {name} ({role})"] = text
    return found
