"""`check: disk` without a server: places of other hosts, places that nobody knows, and what is not answered."""

from __future__ import annotations

from typing import Any

from tests.unit.run.runs import listed, query
from tests.unit.steps.drive import BROKEN, Played, codes, lint, play
from tui.plan.kinds import Needs, Room
from tui.steps.check import KIND
from tui.steps.effects import Effect, Failed, Passed, Probe, Rows, RunQuery, SqlError
from tui.steps.registry import KINDS

PLACES = Rows(rows=(("", "/data", 1000, True), ("fast", None, 50, False)), count=2)
NO_ARCHIVE = Rows(rows=((False, None, 16 << 20, False, None),), count=1)
BACKLOG = {"disk_places": PLACES, "wal_backlog": NO_ARCHIVE, "wal_slots": Rows()}


def disk(room: Room, spec: Any = True, last: int | None = None, free: int = 10**9, **answers: Any) -> Played:
    given = BACKLOG | answers

    def answer(effect: Effect) -> Any:
        if isinstance(effect, RunQuery):
            return given[effect.named]
        assert isinstance(effect, Probe)
        if effect.name == "last_backup":
            return {"last_bytes": last}
        return {"free_bytes": free, "source": "h (ssh)", "filesystem": f"h {effect.arguments}"}

    return play(
        KIND, {"disk": spec}, answer, plan=listed(query("dump")), needs=lambda step: Needs(room=room),
    )  # fmt: skip


def rows(played: Played) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = played.ended.evidence["checks"]
    return found


def needed(database: int | None, last: int | None) -> int | None:
    return None if database is None else 7 * database


def test_a_backup_on_another_host_is_measured_there() -> None:
    done = disk(Room("/safe", needed, host="store1"))
    assert {"path": "/safe", "ssh": "store1"} in [probe.arguments for probe in done.of(Probe)]
    (row,) = [row for row in rows(done) if row.get("what") == "backup"]
    assert (row["need_bytes"], row["holds"], row["basis"]) == (7000, True, "database")
    assert isinstance(done.ended, Passed)


def test_where_nobody_but_its_program_knows_the_place_it_is_asked() -> None:
    done = disk(Room("", needed))
    (row,) = [row for row in rows(done) if row.get("what") == "backup"]
    assert row["holds"] is None and row["error"]["code"] == "space_elsewhere"
    assert isinstance(done.ended, Failed) and done.ended.reason == "not_answered"


def test_a_part_of_the_database_needs_no_more_than_all_of_it() -> None:
    for last, need in ((None, 1000), (40, 60)):
        done = disk(Room("/safe", lambda database, last: None), last=last)
        assert [row["need_bytes"] for row in rows(done) if row.get("what") == "backup"] == [need]
    said = disk(Room("/safe", needed), {"at_least": {"/safe": "3x"}})
    assert [row["need_bytes"] for row in rows(said) if row.get("what") == "backup"] == [3000]


def test_what_the_server_does_not_say_is_not_passed() -> None:
    lost = SqlError(sqlstate="42501", message="permission denied")
    done = disk(Room("/safe", needed), disk_places=Rows(error=lost))
    assert [(row["name"], row["holds"], row["error"]) for row in rows(done)] == [("disk", None, "permission denied")]
    half = disk(Room("/safe", needed), wal_slots=Rows(error=BROKEN), wal_backlog=Rows(error=BROKEN))
    assert half.ended.evidence["unanswered"] == ["archive_backlog", "wal_kept_by_slots"]


def test_what_is_exactly_enough_is_enough() -> None:
    assert isinstance(disk(Room("/safe", needed), free=7000).ended, Passed)
    less = disk(Room("/safe", needed), free=6999)
    assert less.ended.evidence["failed"] == ["disk"]


def test_what_somebody_else_looks_after_is_left_out_and_named() -> None:
    done = disk(Room("", needed), {"without": ["dump"]})
    assert isinstance(done.ended, Passed) and not [row for row in rows(done) if row.get("what") == "backup"]
    assert rows(done)[0]["left_out"] == ["dump"]
    assert codes(lint(KIND, {"disk": {"without": ["none"]}})) == ["check-step"]


def test_a_safe_copy_says_where_it_is_written() -> None:
    kind = KINDS["store_backup"]
    places: list[tuple[dict[str, Any], tuple[str, str | None]]] = [
        ({"directory": "/safe"}, ("/safe", None)), ({"ssh": "store1:/safe"}, ("/safe", "store1")),
        ({"command": ["put"], "verify": ["sum"]}, ("", None)),
    ]  # fmt: skip
    for spec, place in places:
        room = kind.needs(kind.typed({"of": "dump"} | spec)).room
        assert room is not None and (room.directory, room.host) == place
        assert (room.need(1000, None), room.need(1000, 10)) == (1000, 15)
