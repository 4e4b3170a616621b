#!/usr/bin/env bash
# Apprise, told to notify services that do not take the message.
#
# Seen: apprise 2.3.0. A webhook (json://) that answers 302: the POST is followed as a GET without the message, the result is
# SUCCESS. One that answers 500 with ?optional=yes in its address: the result is SUCCESS and so is that of its one service
# (`.results[0].status`); only its last attempt says FAILURE (`.results[0].attempts[-1].status`). syslog:// on a host where
# nobody listens at /dev/log: SUCCESS. ntfy://ntfy.example.org, a server without a topic, is taken for a topic of the public
# service: mode cloud, and a message would go to ntfy.sh.
# Why it matters: "delivered" is what people rely on who tell others that a maintenance begins, or is rolled back.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q apprise==2.3.0
cat > "$work/seen.py" <<'PY'
import logging, os, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import apprise

logging.disable(logging.CRITICAL)
asked = []


class Service(BaseHTTPRequestHandler):
    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked.append((self.command, self.path.partition("?")[0], bool(body)))
        status = {"/redirected": 302, "/broken": 500}.get(self.path.partition("?")[0], 200)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = answer

    def log_message(self, *args):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()


def told(address):
    people = apprise.Apprise()
    assert people.add(address)
    return people.notify(title="t", body="b")


found = told(f"json://127.0.0.1:{server.server_port}/redirected")
print("302:", found.status.name, asked)
assert bool(found) and asked == [("POST", "/redirected", True), ("GET", "/elsewhere", False)]
found = told(f"json://127.0.0.1:{server.server_port}/broken?optional=yes")
(one,) = found.results
print("500, optional:", found.status.name, one.status.name, one.attempts[-1].status.name)
assert bool(found) and one.status.name == "SUCCESS" and one.attempts[-1].status.name == "FAILURE"
if not os.path.exists("/dev/log"):
    found = told("syslog://")
    print("syslog, nobody listens:", found.status.name)
    assert bool(found)
people = apprise.Apprise()
assert people.add("ntfy://ntfy.example.org")
print("ntfy://HOST:", people[0].mode)
assert people[0].mode == "cloud"
PY
"$work/venv/bin/python" "$work/seen.py"
echo "still so"
