"""People told over real channels: a mail server and a web server on loopback, which take it, refuse it, or keep us
waiting. Apprise runs as it is, in its own process."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from collections.abc import Iterator
from email import message_from_bytes
from email.header import decode_header, make_header
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.engine.postgres.pgserver import awaited
from tests.engine.receiver import Receiver, receiving
from tests.engine.rig import Rig
from tests.ports import free_port
from tests.postgres_server import Database
from tui.engine.drivers.notify import NotifyDriver
from tui.journal.codes import Fact, FailReason
from tui.run.commands import Rollback, RunTo, Sign
from tui.steps.network import Notified, Notify
from tui.words.said import told
from tui.words.trouble import trouble

PLAN = """
virada: 1
name: Índices {novos}
locale: pt_BR
targets:
  dev:
    {environment: development, dsn: "${RIG_DSN}", server_log: none, channels: {team: "${TEAM_URL}", users: "${USERS}"}}
phases:
  - title: Change
    sections:
      - title: Change
        steps:
          - {id: first, title: Escrever o plano, sign: true}
          - id: tell
            title: Tell
            notify:
              channel: team
              text: "{step}, depois {next} ({next.role}); fim {projected_end}; {environment}, {mode}, {status}"
          - {id: after, title: Migrar, role: DBA, sign: true}
team: [{role: DBA}]
rollback:
  phases:
    - title: R
      sections:
        - {title: Undo, undo_applied: true}
        - title: Tell
          steps:
            - {id: told-back, title: Tell, notify: {channel: team, text: "De volta: {reason}"}}
"""


class Mailbox:
    """Takes every mail but those to `refused`."""

    def __init__(self) -> None:
        self.mails: list[Envelope] = []
        self.refused = "nobody@example.com"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address == self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.mails.append(envelope)
        return "250 OK"


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    """A mail server that runs, and its port."""
    box, port = Mailbox(), free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, port
    controller.stop()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def mail(port: int, to: str = "team@example.com") -> str:
    return f"mailto://127.0.0.1:{port}?from=virada@example.com&to={to}"


def tell(addresses: str, within: float = 30.0) -> Notified:
    """As an engine has it told, without a run."""
    driver = NotifyDriver({**os.environ, "URL": addresses}, asyncio.Event())
    return asyncio.run(driver.tell(Notify(addresses="${URL}", title="T", text="Olá\nsegunda linha", timeout=within)))


def ended(found: Notified) -> list[tuple[str, str]]:
    return [(service.name, service.status) for service in found.services]


@pytest.mark.unsaid(FailReason.NOT_DELIVERED)
@awaited
async def test_the_team_is_told_what_the_run_knows(
    tmp_path: Path, empty_database: Database, mailbox: tuple[Mailbox, int], receiver: Receiver
) -> None:
    box, port = mailbox
    hook = f"json://{receiver.address}/hooks/T0K3N"
    async with Rig(tmp_path, empty_database, PLAN, TEAM_URL=f"{mail(port)} {hook}") as rig:
        rig.do(Sign(step="first", note="ok"))
        event = await rig.execute("tell")
        assert event["type"] == "step.passed", trouble(rig.step("tell"))
        evidence = rig.step("tell").evidence
        sent = rig.events("notify.sent")[0]["data"]
    (envelope,) = box.mails
    assert isinstance(envelope.content, bytes)
    said = message_from_bytes(envelope.content)
    assert str(make_header(decode_header(said["Subject"]))) == "Índices {novos} (dev)"
    assert (
        json.loads(receiver.asked[0][2])["message"]
        == "Escrever o plano, depois Migrar (DBA); fim ?; desenvolvimento, ao vivo, em execução"
    )
    assert (evidence["channel"], evidence["count"], evidence["delivered"]) == ("team", 2, 2)
    assert [(s["name"], s["url"], s["status"]) for s in evidence["services"]] == [
        ("E-Mail", f"mailto://127.0.0.1:{port}", "delivered"), ("JSON", f"json://{receiver.address}", "delivered")
    ]  # fmt: skip
    assert all(service["elapsed_s"] > 0 for service in evidence["services"])
    assert (
        sent["text"] == "Escrever o plano, depois Migrar (DBA); fim ?; desenvolvimento, ao vivo, em execução"
        and sent["services"] == evidence["services"]
    )
    for file in rig.paths.directory.rglob("*"):
        assert not file.is_file() or b"T0K3N" not in file.read_bytes(), f"{file} holds the key of an address"


@pytest.mark.unsaid(Fact.CHANNEL, Fact.SERVICES, Fact.DELIVERED)
@awaited
async def test_who_was_not_told_is_named_and_the_step_fails(
    tmp_path: Path, empty_database: Database, mailbox: tuple[Mailbox, int], receiver: Receiver
) -> None:
    _box, port = mailbox
    addresses = f"{mail(port)} json://{receiver.address}/302/T0K3N json://127.0.0.1:{free_port()}/T0K3N"
    async with Rig(tmp_path, empty_database, PLAN, TEAM_URL=addresses) as rig:
        rig.do(Sign(step="first", note="ok"))
        event = await rig.execute("tell")
        assert (event["type"], event["data"]["reason"]) == ("step.failed", FailReason.NOT_DELIVERED)
        evidence = rig.step("tell").evidence
        assert (evidence["channel"], evidence["count"], evidence["delivered"]) == ("team", 3, 1)
        assert [service["status"] for service in evidence["services"]] == ["delivered", "failed", "failed"]
        assert "302" in evidence["services"][1]["reason"] and "T0K3N" not in str(rig.events())
        rows = [text for _label, text in trouble(rig.step("tell"))]
        assert any(f"json://{receiver.address}" in text and "302" in text for text in rows)
        assert [method for method, _path, _body in receiver.asked] == ["POST"], "nothing is followed"
        # In a rollback the same channel is told, and why it is taken back.
        receiver.asked.clear()
        rig.environment["TEAM_URL"] = f"json://{receiver.address}/"
        assert rig.do(Rollback(reason="lento demais", confirm="dev")) is None
        await rig.ended("told-back")
        assert rig.step("told-back").status == "passed" and len(receiver.asked) == 1
        assert rig.events("notify.sent")[-1]["data"]["text"] == "De volta: lento demais"


@awaited
async def test_a_channel_whose_variable_is_not_set_tells_nobody(tmp_path: Path, empty_database: Database) -> None:
    async with Rig(tmp_path, empty_database, PLAN) as rig:
        rig.do(Sign(step="first", note="ok"))
        assert (await rig.execute("tell"))["data"]["reason"] == FailReason.NOT_DELIVERED
        evidence = rig.step("tell").evidence
        assert "TEAM_URL is not set" in told(evidence["error"]) and evidence["count"] == 0


@awaited
async def test_a_run_does_not_open_where_nobody_could_be_told(tmp_path: Path, empty_database: Database) -> None:
    from tui.engine.process.main import CannotStart

    # Another target has the channel, so that the plan is valid.
    other = "  other: {environment: staging, service: x, channels: {team: '${TEAM_URL}'}}\nphases:\n"
    without = PLAN.replace('team: "${TEAM_URL}", ', "").replace("phases:\n", other, 1)
    for name, plan in (("variable", PLAN), ("channel", without)):
        with pytest.raises(CannotStart, match=r"TEAM_URL|no channel 'team'"):
            async with Rig(tmp_path / name, empty_database, plan, checked=True):
                raise AssertionError("it opened")


def test_a_refused_copy_is_a_failure_although_others_have_it(mailbox: tuple[Mailbox, int]) -> None:
    box, port = mailbox
    found = tell(f"{mail(port)}&cc={box.refused}")
    assert ended(found) == [("E-Mail", "failed")] and found.error is None
    assert len(box.mails) == 1


def test_an_optional_service_may_fail_beside_one_that_took_it_and_is_named(receiver: Receiver) -> None:
    addresses = f"json://{receiver.address}/500?optional=yes json://{receiver.address}/"
    found = tell(addresses)
    assert ended(found) == [("JSON", "failed"), ("JSON", "delivered")]
    assert [service.optional for service in found.services] == [True, False]


def test_what_apprise_would_take_for_delivered_or_for_another_address() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heard:
        heard.bind(("127.0.0.1", 0))
        nowhere = "nothing://x/T0K3N T0K3N slack://T0K3N ntfy://ntfy.example.com"
        found = tell(f"{nowhere} rsyslog://127.0.0.1:{heard.getsockname()[1]} syslog://")
    assert "T0K3N" not in str(found) and found.error is None
    why = [told(service.reason) for service in found.services]
    assert all("no service" in reason for reason in why[:3]) and "no topic" in why[3]
    assert ended(found)[:5] == [("nothing", "failed"), ("?", "failed"), ("slack", "failed"), ("ntfy", "failed"),
                                ("Remote Syslog", "unconfirmed")]  # fmt: skip
    listens = _listens("/dev/log")
    assert ended(found)[5] == ("Syslog", "delivered" if listens else "failed")
    assert listens or "/dev/log" in why[5]


def _listens(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as tried:
        return tried.connect_ex(path) == 0


def test_who_keeps_us_waiting_is_not_waited_for(receiver: Receiver) -> None:
    addresses = f"json://{receiver.address}/ json://{receiver.address}/slow?rto=60 json://{receiver.address}/third"
    found = tell(addresses, within=2.5)
    # How long an interpreter takes to start here nobody knows: the first may have been told.
    assert ended(found) in ([], [("JSON", "delivered")]) and told(found.error) == "no answer in time"
    assert "/third" not in [path for _method, path, _body in receiver.asked]


def test_one_that_is_asked_to_end_leaves_no_process(receiver: Receiver) -> None:
    async def cancelled() -> Notified:
        stop = asyncio.Event()
        driver = NotifyDriver({**os.environ, "URL": f"json://{receiver.address}/slow"}, stop)
        telling = asyncio.create_task(driver.tell(Notify(addresses="${URL}", title="T", text="x")))
        await asyncio.to_thread(receiver.arrived.wait, 20)
        stop.set()
        return await telling

    found = asyncio.run(cancelled())
    assert found.services == () and found.error is not None
    assert not [name for name in sys.modules if name.partition(".")[0] == "apprise"], "no part of it is in the engine"


@awaited
async def test_an_engine_that_ends_meanwhile_leaves_no_process_and_the_next_tells_again(
    tmp_path: Path, empty_database: Database, receiver: Receiver
) -> None:
    address = f"json://{receiver.address}/slow?rto=60"
    async with Rig(tmp_path, empty_database, PLAN, TEAM_URL=address) as rig:
        rig.do(Sign(step="first", note="ok"))
        rig.do(RunTo(step="tell"))
        await asyncio.to_thread(receiver.arrived.wait, 20)
        await rig.stop()
        (cut_short,) = rig.events("notify.sent")
        assert cut_short["data"]["error"]["code"] == "notifier_ended" and rig.step("tell").status == "running"
        receiver.release.set()
        await rig.take_up()
        await rig.until(lambda: rig.step("tell").status == "passed", "it is told by the next engine")
        assert [event["data"].get("delivered", 0) for event in rig.events("notify.sent")] == [0, 1]
        assert len(receiver.asked) == 2, "told twice is better than not told"
