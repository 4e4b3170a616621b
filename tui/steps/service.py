"""A service that is asked whether it is as expected: by `http`, and by what a plan calls its dependencies. Pure."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from tui.journal.cut import REPEATED, cut
from tui.journal.remarks import Coded, Remarked
from tui.plan import json_path
from tui.plan.services import Service
from tui.steps.effects import Effect
from tui.steps.network import CertificateSeen, Connect, Connected, Fetch, Fetched, LookAtCertificate

DAY: Final = 86400.0
FINE: Final = "2xx"
"""What is expected of a status of which nothing is said."""
Row = dict[str, Any]


def asked(service: Service) -> Generator[Effect, Any, list[Row]]:
    """A row for each expectation: `name`, `expected`, `found`, `holds` (null where nobody knows), `error`.

    `latency_s`: how long it took; `status`; `json PATH`; `certificate_days`: for how many days more its certificate is
    valid, with `ends`. What needs an answer that did not come is left out: it is the latency's row that says why.
    """
    rows: list[Row] = []
    if service.tcp is not None:
        met: Connected = yield Connect(address=service.tcp, timeout=service.within)
        rows.append(_latency(service, met))
    else:
        fetched: Fetched = yield Fetch(
            url=service.http or "", method=service.method, headers=service.headers, body=service.body,
            timeout=service.within,
        )  # fmt: skip
        rows.append(_latency(service, fetched))
        if fetched.error is None:
            rows += _answer(service, fetched)
    if service.certificate is not None:
        address = service.tcp or service.http or ""
        seen: CertificateSeen = yield LookAtCertificate(address=address, timeout=service.within)
        rows.append(_certificate(service.certificate, seen))
    return rows


def _latency(service: Service, met: Connected | Fetched) -> Row:
    row = {"name": "latency_s", "expected": service.within, "found": round(met.seconds, 6), "unit": "s"}
    if met.error is None:
        return row | {"holds": met.seconds <= service.within}
    return row | {"found": None, "holds": False if met.answers else None, "error": met.error}


def _answer(service: Service, fetched: Fetched) -> Iterator[Row]:
    status = fetched.status or 0
    wanted = service.status
    holds = 200 <= status <= 299 if wanted is None else status == wanted
    yield {"name": "status", "expected": FINE if wanted is None else wanted, "found": status, "holds": holds}
    if not service.json:
        return
    document: Any = None
    fault: dict[str, Any] | None = None
    try:
        document = json.loads(fetched.body)
    except (ValueError, RecursionError):
        fault = Coded(Remarked.NOT_JSON).neutral()
    for path, value in service.json.items():
        row: Row = {"name": f"json {path}", "expected": _kept(value), "found": None, "holds": False}
        if fault is not None:
            yield row | {"error": fault}
            continue
        try:
            found = json_path.value_at(document, path)
        except json_path.NoSuchPlace:
            yield row | {"error": Coded(Remarked.JSON_WITHOUT, path=path).neutral()}
            continue
        yield row | {"found": _kept(found), "holds": json_path.same(found, value)}


def _kept(value: Any) -> Any:
    """A value as evidence: what is no plain one as its JSON, what is long its beginning."""
    if value is None or isinstance(value, dict | list | tuple):
        value = json.dumps(value, ensure_ascii=False)
    return cut(value, REPEATED) if isinstance(value, str) else value


def _certificate(least: float, seen: CertificateSeen) -> Row:
    row: Row = {"name": "certificate_days", "expected": round(least / DAY, 3), "found": None, "holds": False}
    if seen.ends is None:
        return row | {"holds": False if seen.answers else None, "error": seen.error}
    left = seen.ends - seen.now
    ends = datetime.fromtimestamp(seen.ends, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    row |= {"found": round(left / DAY, 3), "ends": ends, "holds": left >= least and not seen.untrusted}
    if left < 0:
        row["error"] = Coded(Remarked.CERTIFICATE_EXPIRED, ends=ends).neutral()
    elif seen.untrusted:
        row["error"] = Coded(Remarked.CERTIFICATE_UNTRUSTED, reason=seen.untrusted).neutral()
    return row


def judged(rows: Iterable[Mapping[str, Any]]) -> bool | None:
    """Whether all of them hold; None where nobody knows of one, and none of the others is wrong."""
    found = [row["holds"] for row in rows]
    return False if False in found else None if None in found else True
