"""`python -m tui.engine.programs.notifier`: tells people by Apprise, in a process that ends with it.

What is to be said, and to whom, comes as JSON through the standard input, so that no address stands where others see
it; a line of JSON for each address goes out, in their order, and one at the end. Nothing of an address that is secret
is in them.
"""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import socket
import sys
import time
from typing import IO, Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from tui.journal.remarks import Coded, Remarked

_UNCONFIRMED: Final = ("rsyslog",)
"""Schemes of services to which a datagram is sent, of which nobody hears again."""
_SHORT: Final = 4
_LONGEST: Final = 500
_SCHEME: Final = re.compile(r"([a-z0-9+.-]+)://(?:[^/@?#]*@)?([^/?#]*)", re.IGNORECASE)


class _Heard(logging.Handler):
    """What Apprise says of a service while it is told."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


def main() -> int:
    """Exit status 0 when every address was tried, whatever came of it."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # Whatever a library prints is nothing that is read here.
    silence = os.open(os.devnull, os.O_RDWR)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    order = json.load(sys.stdin)
    # Whoever started it may be gone: nobody waits for it for ever.
    signal.alarm(int(order["timeout"]) + 5)
    heard = _Heard()
    logger = logging.getLogger("apprise")
    logger.addHandler(heard)
    logger.propagate = False
    _follow_nowhere()
    for address in order["addresses"].split():
        heard.said.clear()
        _write(out, _told(address, order["title"], order["text"], heard))
    _write(out, {"end": True})
    return 0


def _write(out: IO[str], line: dict[str, Any]) -> None:
    out.write(json.dumps(line) + "\n")
    out.flush()


def _follow_nowhere() -> None:
    """A redirection makes a GET without the message of a POST, which would count as delivered."""
    import requests

    request = requests.Session.request

    def asked(self: Any, method: Any, url: Any, *args: Any, **more: Any) -> Any:
        more["allow_redirects"] = False
        return request(self, method, url, *args, **more)

    requests.Session.request = asked  # type: ignore[method-assign]


def _told(address: str, title: str, text: str, heard: _Heard) -> dict[str, Any]:
    """The fields of a ServiceTold."""
    import apprise

    asset = apprise.AppriseAsset(app_id="virada", app_desc="virada", secure_logging=True)
    people = apprise.Apprise(asset=asset)
    scheme = address.partition("://")[0].lower() if "://" in address else ""
    if not people.add(address) or len(people) != 1:
        # What it says of an address that it cannot read may show a part of it.
        reason = Coded(Remarked.NO_SERVICE).neutral()
        return {"name": scheme or "?", "url": f"{scheme or '?'}://", "status": "failed", "reason": reason}
    plugin: Any = people[0]
    url = _shown(plugin.url(privacy=True))
    optional = bool(getattr(plugin, "optional", False))
    found: dict[str, Any] = {"name": str(plugin.service_name), "url": url, "optional": optional}
    missing = _unheard(scheme, address)
    if missing is not None:
        return found | {"status": "failed", "reason": missing}
    began = time.monotonic()
    result = people.notify(body=text, title=title, body_format=apprise.NotifyFormat.TEXT)
    found["elapsed_s"] = round(time.monotonic() - began, 6)
    if _delivered(result):
        return found | {"status": "unconfirmed" if scheme in _UNCONFIRMED else "delivered"}
    said = _without(address, url, heard.said)
    return found | {"status": "failed", "reason": said or Coded(Remarked.NO_DELIVERY).neutral()}


def _delivered(result: Any) -> bool:
    """Whether the one service took it. The result of an optional one is a success whatever came of it; what its last
    attempt says is not."""
    results = tuple(getattr(result, "results", ()) or ())
    if len(results) != 1:
        return False
    attempts = tuple(getattr(results[0], "attempts", ()) or ())
    last = attempts[-1] if attempts else results[0]
    optional = bool(getattr(results[0], "optional", False))
    return last.status.name == "SUCCESS" and (bool(attempts) or not optional)


def _unheard(scheme: str, address: str) -> dict[str, Any] | None:
    """Why nobody would hear of it, where Apprise would not notice."""
    if scheme == "syslog" and not _syslog_listens():
        return Coded(Remarked.NO_SYSLOG).neutral()
    if scheme in ("ntfy", "ntfys"):
        parts = urlsplit(address)
        host = "." in (parts.hostname or "") or parts.netloc.rpartition("@")[2].count(":")
        if host and not parts.path.strip("/") and "to=" not in parts.query:
            # Its host would be taken for a topic of the public service.
            return Coded(Remarked.NO_TOPIC).neutral()
    return None


def _syslog_listens() -> bool:
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_UNIX, kind) as tried:
            try:
                tried.connect("/dev/log")
                return True
            except OSError:
                continue
    return False


def _shown(masked: str) -> str:
    """Scheme and host of an address that Apprise has masked: of a path it leaves what may be a key."""
    found = _SCHEME.match(masked)
    return f"{found[1]}://{found[2]}" if found is not None else "?"


def _without(address: str, shown: str, said: list[str]) -> str:
    """The last that Apprise said, without pieces of the address that are not shown."""
    text = "; ".join(said[-2:])[-_LONGEST:]
    parts = urlsplit(address)
    words = [parts.username, parts.password, parts.netloc, address, *parts.path.split("/")]
    words += [value for _name, value in parse_qsl(parts.query)]
    pieces = {form for word in words if word for form in (word, unquote(word)) if len(form) >= _SHORT}
    for piece in sorted(pieces, key=len, reverse=True):
        if piece not in shown:
            text = text.replace(piece, "***")
    return text


if __name__ == "__main__":
    sys.exit(main())
