"""Services asked over a real network: what they answer, and why they do not."""

from __future__ import annotations

import asyncio
import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.certificates import make_certificate, server_context
from tests.engine.postgres.pgserver import awaited
from tests.engine.receiver import Receiver, receiving
from tests.engine.rig import Rig
from tests.ports import free_port
from tests.postgres_server import Database
from tui.engine.drivers.network import NetworkDriver
from tui.journal.codes import FailReason
from tui.plan.services import Service
from tui.steps import network as net
from tui.steps.service import asked, judged
from tui.words.said import told
from tui.words.trouble import trouble

Rows = dict[str, dict[str, Any]]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make certificates with")
    place = tmp_path_factory.mktemp("certificates")
    return {name: make_certificate(place / name, days) for name, days in (("long", 400), ("short", 3), ("old", -1))}


async def look(service: Service, environment: dict[str, str], stop: asyncio.Event | None = None) -> Rows:
    """The rows by their names, as the drivers of an engine fill them."""
    driver = NetworkDriver(environment, stop or asyncio.Event())
    generator = asked(service)
    result: Any = None
    try:
        while True:
            effect = generator.send(result)
            match effect:
                case net.Fetch():
                    result = await driver.fetch(effect)
                case net.Connect():
                    result = await driver.connect(effect)
                case net.LookAtCertificate():
                    result = await driver.certificate(effect)
    except StopIteration as end:
        return {row["name"]: row for row in end.value}


def seen(service: Service, **environment: str) -> Rows:
    return asyncio.run(look(service, environment))


def test_an_answer_as_it_must_be(receiver: Receiver) -> None:
    receiver.answer = b'{"status": "ok", "replicas": [{"lag": 0}], "ready": true, "a b": null}'
    wanted = {"$.status": "ok", "$.replicas[0].lag": 0, "$.ready": True, '$["a b"]': None}
    rows = seen(Service(http=f"http://{receiver.address}/health", json=wanted))
    assert judged(rows.values()) is True and len(rows) == 6
    assert 0 < rows["latency_s"]["found"] < 10 and rows["status"]["found"] == 200


def test_an_answer_that_differs_says_how(receiver: Receiver) -> None:
    receiver.answer = b'{"status": "down", "count": 1}'
    wanted = {"$.status": "ok", "$.count": "1", "$.count.x": 1, "$.there[0]": 1}
    rows = seen(Service(http=f"http://{receiver.address}/503", json=wanted))
    assert (rows["status"]["holds"], rows["status"]["found"], rows["status"]["expected"]) == (False, 503, "2xx")
    assert rows["json $.status"]["found"] == "down" and rows["json $.status"]["holds"] is False
    assert rows["json $.count"]["holds"] is False, "a number is no text"
    assert [told(rows[f"json {path}"]["error"]) for path in ("$.count.x", "$.there[0]")] == [
        "the answer has nothing at $.count.x", "the answer has nothing at $.there[0]"
    ]  # fmt: skip
    receiver.answer = b"<html>"
    row = seen(Service(http=f"http://{receiver.address}/", json={"$.a": 1}))["json $.a"]
    assert told(row["error"]) == "the answer is not JSON" and row["holds"] is False


def test_a_redirection_is_the_answer(receiver: Receiver) -> None:
    rows = seen(Service(http=f"http://{receiver.address}/302"))
    assert rows["status"]["found"] == 302 and rows["status"]["holds"] is False
    assert [path for _method, path, _body in receiver.asked] == ["/302"]
    assert judged(seen(Service(http=f"http://{receiver.address}/302", status=302)).values()) is True


def test_what_comes_from_the_environment_is_sent_and_not_kept(receiver: Receiver) -> None:
    service = Service(
        http=f"http://{receiver.address}/${{PLACE}}", method="POST", headers={"Authorization": "Bearer ${KEY}"},
        body='{"k": "${KEY}"}',
    )  # fmt: skip
    rows = seen(service, KEY="s3cret-key", PLACE="orders")
    assert judged(rows.values()) is True and "s3cret-key" not in str(rows)
    assert receiver.asked == [("POST", "/orders", b'{"k": "s3cret-key"}')]
    assert receiver.headers["Authorization"] == "Bearer s3cret-key"
    rows = seen(service, PLACE="orders")
    assert judged(rows.values()) is None and "KEY is not set" in told(rows["latency_s"]["error"])


def test_a_request_that_cannot_be_sent_shows_no_key_and_says_nothing_of_the_service(receiver: Receiver) -> None:
    for service in (
        Service(http=f"http://{receiver.address}/", headers={"Authorization": "Bearer ${KEY}"}),
        Service(http="http://${KEY}:x/"), Service(http="${KEY}://x/"),
    ):  # fmt: skip
        (row,) = seen(service, KEY="s3cret-key\n").values()
        assert row["holds"] is None and "s3cret" not in str(row)
    assert receiver.asked == []


def test_nobody_listens() -> None:
    port = free_port()
    for service in (Service(tcp=f"127.0.0.1:{port}"), Service(http=f"http://127.0.0.1:{port}/")):
        (row,) = seen(service).values()
        assert (row["name"], row["holds"], row["found"]) == ("latency_s", False, None)
        assert told(row["error"]) == f"nobody listens at 127.0.0.1:{port}: the connection was refused"


def test_it_does_not_answer_in_time(receiver: Receiver) -> None:
    began = time.monotonic()
    rows = seen(Service(http=f"http://{receiver.address}/slow", within=0.2))
    assert time.monotonic() - began < 5 and rows["latency_s"]["holds"] is False
    assert told(rows["latency_s"]["error"]) == "no answer in time" and "status" not in rows


def test_nobody_waits_for_one_that_is_asked_to_end(receiver: Receiver) -> None:
    async def cancelled() -> Rows:
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(0.1, stop.set)
        return await look(Service(http=f"http://{receiver.address}/slow"), {}, stop)

    (row,) = asyncio.run(cancelled()).values()
    assert row["holds"] is None, "nothing is concluded from what was not waited for"


def test_no_host_of_that_name() -> None:
    for service in (Service(tcp="nowhere.invalid:80"), Service(http="http://nowhere.invalid/")):
        (row,) = seen(service).values()
        assert "nowhere.invalid" in told(row["error"])
        # Where no server of names can be asked, nobody knows.
        assert row["holds"] is (False if row["error"]["code"] == "name_unknown" else None)


def test_a_port_that_takes_connections(receiver: Receiver) -> None:
    (row,) = seen(Service(tcp=receiver.address)).values()
    assert row["holds"] is True and row["found"] < 5


def test_how_long_a_certificate_lasts(certificates: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, days, holds in (("long", 400, True), ("short", 3, False)):
        monkeypatch.setenv("SSL_CERT_FILE", str(certificates[name]))
        with receiving(server_context(certificates[name])) as receiver:
            for service in (Service(http=f"https://{receiver.address}/"), Service(tcp=receiver.address)):
                with_certificate = Service(http=service.http, tcp=service.tcp, certificate=14 * 86400.0)
                rows = seen(with_certificate)
                found = rows["certificate_days"]
                assert (found["holds"], found["expected"], "error" in found) == (holds, 14.0, False)
                assert days - 0.1 < found["found"] <= days and rows["latency_s"]["holds"] is True


def test_an_expired_certificate_is_looked_at_without_being_trusted(
    certificates: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates["old"]))
    with receiving(server_context(certificates["old"])) as receiver:
        rows = seen(Service(http=f"https://{receiver.address}/", certificate=86400.0))
    assert rows["latency_s"]["holds"] is False and "expired" in told(rows["latency_s"]["error"])
    found = rows["certificate_days"]
    assert found["holds"] is False and found["found"] < -2000 and found["ends"] == "2020-02-01T00:00:00Z"
    assert told(found["error"]) == "the certificate ended at 2020-02-01T00:00:00Z"


def test_nobody_vouches_for_a_certificate(certificates: dict[str, Path]) -> None:
    with receiving(server_context(certificates["long"])) as receiver:
        rows = seen(Service(http=f"https://{receiver.address}/", certificate=86400.0))
    found = rows["certificate_days"]
    assert found["found"] > 390 and found["holds"] is False and "self-signed" in told(found["error"])


def test_a_port_without_tls_has_no_certificate(receiver: Receiver) -> None:
    rows = seen(Service(tcp=receiver.address, certificate=86400.0, within=3.0))
    assert rows["latency_s"]["holds"] is True and rows["certificate_days"]["holds"] is False
    assert "without TLS" in told(rows["certificate_days"]["error"])


def test_who_listens_and_says_nothing_ends_no_handshake() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        rows = seen(Service(tcp=f"127.0.0.1:{silent.getsockname()[1]}", certificate=86400.0, within=0.2))
    assert rows["latency_s"]["holds"] is True, "the kernel takes the connection"
    assert told(rows["certificate_days"]["error"]) == "no answer in time"


PLAN = """
virada: 1
name: n
targets: {dev: {environment: development, dsn: "${RIG_DSN}", server_log: none}}
dependencies:
  - {tcp: "%(address)s", name: cache}
  - {http: "http://%(address)s/health?key=${KEY}", json: {"$.status": ok}}
phases:
  - title: P
    sections:
      - title: S
        steps:
          - {id: api, title: A, http: {url: "http://%(address)s/health?key=${KEY}", json: {"$.status": ok}}}
          - {id: all, title: B, check: {dependencies: true}}
"""


@pytest.mark.postgres
@awaited
async def test_in_a_run_it_passes_and_fails_with_what_was_found(
    tmp_path: Path, empty_database: Database, receiver: Receiver
) -> None:
    async with Rig(tmp_path, empty_database, PLAN % {"address": receiver.address}, KEY="k3y-of-shop") as rig:
        receiver.answer = b'{"status": "ok"}'
        assert (await rig.execute("api"))["type"] == "step.passed"
        receiver.answer = b'{"status": "draining"}'
        failed = (await rig.execute("all"))["data"]
        assert (failed["reason"], failed["evidence"]["failed"]) == (FailReason.CHECK_FAILED, ["dependencies"])
        rows = [(row["service"], row["aspect"], row["holds"]) for row in failed["evidence"]["checks"]]
        shown = f"{receiver.address}/health"
        assert rows == [("cache", "latency_s", True), (shown, "latency_s", True), (shown, "status", True),
                        (shown, "json $.status", False)]  # fmt: skip
        told_rows = dict(trouble(rig.step("all")))
        assert told_rows[f"dependencies {shown} json $.status"] == "draining; expected ok"
        assert "k3y-of-shop" not in rig.paths.journal.read_text()
