"""The sample application's background work: `python -m tui.demo.load DSN PARENT`.

Three connections as `app_user`, each serving one tenant after another in small transactions, a few a second in all.
It pauses while `app.maintenance.load_paused` is true, outlives restarts of the server, and ends on SIGTERM, with
the process that started it (its id is PARENT), or when no server has answered for two minutes.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg

CONNECTIONS = 3
TENANTS = 12
EVERY_S = 0.9
PAUSED_EVERY_S = 0.5
GIVE_UP_S = 120.0
APPLICATION = "shop"

_ENTER = "SELECT set_config('app.tenant', %s, true)"
_PAUSED = "SELECT load_paused FROM app.maintenance"
_RECENT = "SELECT id, status, amount, placed_at FROM app.orders ORDER BY placed_at DESC LIMIT 20"
_ANY_CUSTOMER = "SELECT id FROM app.customers ORDER BY id OFFSET %s LIMIT 1"
_PLACE = (
    "INSERT INTO app.orders (tenant_id, customer_id, status, amount) "
    "VALUES (app.current_tenant(), %s, 'paid', %s) RETURNING id"
)
_PAY = "INSERT INTO app.payments (tenant_id, order_id, method, amount) VALUES (app.current_tenant(), %s, 'card', %s)"
_TELL = (
    "INSERT INTO app.events (tenant_id, kind, detail) "
    "VALUES (app.current_tenant(), %s, jsonb_build_object('order', %s::bigint))"
)
_SHIP = (
    "UPDATE app.orders SET status = 'shipped' "
    "WHERE id = (SELECT id FROM app.orders WHERE status = 'paid' ORDER BY placed_at DESC LIMIT 1) RETURNING id"
)


class Load:
    """The workers and what stops them."""

    def __init__(self, dsn: str, parent: int) -> None:
        self.dsn = dsn
        # Told, not looked up: who started it may be gone before it looks.
        self.parent = parent
        self.ended = threading.Event()

    def run(self) -> None:
        """Work until `ended` is set, the parent is gone, or every worker has given up."""
        workers = [threading.Thread(target=self._work, args=(n,)) for n in range(CONNECTIONS)]
        for worker in workers:
            worker.start()
        while any(worker.is_alive() for worker in workers) and not self.ended.wait(1.0):
            if os.getppid() != self.parent:
                self.ended.set()
        self.ended.set()
        for worker in workers:
            worker.join()

    def _work(self, number: int) -> None:
        import psycopg

        chance = random.Random(number)
        answered = time.monotonic()
        while not self.ended.is_set() and time.monotonic() - answered < GIVE_UP_S:
            try:
                # Nothing is prepared: a prepared SELECT fails once when a migration changes its columns.
                with psycopg.connect(
                    self.dsn, autocommit=True, prepare_threshold=None, connect_timeout=5, application_name=APPLICATION
                ) as connection:
                    while not self.ended.is_set():
                        pause = self._serve(connection, chance)
                        answered = time.monotonic()
                        self.ended.wait(pause * chance.uniform(0.7, 1.3))
            except psycopg.Error:
                self.ended.wait(0.5)

    def _serve(self, connection: psycopg.Connection, chance: random.Random) -> float:
        """One small transaction for some tenant; returns the seconds until the next."""
        paused = connection.execute(_PAUSED).fetchone()
        if paused is None or paused[0]:
            return PAUSED_EVERY_S
        with connection.transaction():
            connection.execute(_ENTER, (str(chance.randint(1, TENANTS)),))
            act = chance.random()
            if act < 0.5:
                connection.execute(_RECENT).fetchall()
            elif act < 0.8:
                self._place_order(connection, chance)
            else:
                shipped = connection.execute(_SHIP).fetchone()
                if shipped is not None:
                    connection.execute(_TELL, ("order.shipped", shipped[0]))
        return EVERY_S

    @staticmethod
    def _place_order(connection: psycopg.Connection, chance: random.Random) -> None:
        customer = connection.execute(_ANY_CUSTOMER, (chance.randint(0, 250),)).fetchone()
        amount = chance.randint(500, 90000) / 100
        if customer is not None:
            order = connection.execute(_PLACE, (customer[0], amount)).fetchone()
            assert order is not None
            connection.execute(_PAY, (order[0], amount))
            connection.execute(_TELL, ("order.paid", order[0]))


def main(arguments: list[str]) -> int:
    if len(arguments) != 2 or not arguments[1].isdecimal():
        print("usage: python -m tui.demo.load DSN PARENT", file=sys.stderr)
        return 2
    load = Load(arguments[0], int(arguments[1]))
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: load.ended.set())
    load.run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
