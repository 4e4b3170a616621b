"""The shape of `status --json` as it is promised to scripts: every field, with its type."""

from __future__ import annotations

from typing import Any

STEP = {"pending", "running", "passed", "failed", "skipped", "signed", "by_hand", "cancelled", "undone", "undecided"}
RUN = {
    "scheduled", "running", "held", "rolling_back", "rolled_back", "rollback_failed", "completed", "failed",
    "undecided",
}  # fmt: skip
ENDED = STEP - {"pending", "running", "undecided"}
_NUMBER = (int, float)
_NONE = type(None)
_RUN_FIELDS: dict[str, tuple[type, ...]] = {
    "id": (str,), "plan": (str,), "target": (str,), "seal": (str,), "work": (str,), "environment": (str,),
    "mode": (str,), "status": (str,), "seq": (int,), "mono": _NUMBER, "helm": (str, _NONE), "engine": (dict,),
    "window": (dict, _NONE), "steps": (list,), "guards": (list,), "metrics": (dict,), "rollback": (dict, _NONE),
    "undecided": (list,),
}  # fmt: skip
_ENGINE: dict[str, tuple[type, ...]] = {"pid": (int, _NONE), "host": (str, _NONE), "alive": (bool, _NONE)}
_WINDOW: dict[str, tuple[type, ...]] = {
    "opens": (str,), "closes": (str,), "buffer_s": _NUMBER, "remaining_s": _NUMBER,
    "last_safe_rollback_s": (*_NUMBER, _NONE),
}  # fmt: skip
_STEP: dict[str, tuple[type, ...]] = {
    "id": (str,), "number": (str,), "title": (str,), "phase": (str,), "kind": (str,), "status": (str,),
    "attempt": (int,), "started": (str, _NONE), "ended": (str, _NONE), "duration_s": (*_NUMBER, _NONE),
    "waiting": (dict, _NONE), "evidence": (dict,),
}  # fmt: skip
_GUARD: dict[str, tuple[type, ...]] = {
    "metric": (str,), "value": (*_NUMBER, _NONE), "limit": _NUMBER, "state": (str,), "source": (str, _NONE),
}  # fmt: skip


def assert_status(status: dict[str, Any]) -> None:
    """Every promised field is there and typed."""
    _typed(status, _RUN_FIELDS, "the run")
    assert status["status"] in RUN and status["mode"] in ("live", "rehearsal")
    assert status["environment"] in ("production", "staging", "development")
    assert len(status["seal"]) == len(status["work"]) == 64
    _typed(status["engine"], _ENGINE, "engine")
    if status["window"] is not None:
        _typed(status["window"], _WINDOW, "window")
    for step in status["steps"]:
        _typed(step, _STEP, f"step {step.get('id')}")
        assert step["status"] in STEP
    for guard in status["guards"]:
        _typed(guard, _GUARD, f"guard {guard.get('metric')}")
    assert all(isinstance(value, _NUMBER) for value in status["metrics"].values())
    assert all(isinstance(step, str) for step in status["undecided"])


def _typed(found: dict[str, Any], wanted: dict[str, tuple[type, ...]], where: str) -> None:
    for name, types in wanted.items():
        assert name in found, f"{where} has no {name}"
        value = found[name]
        assert isinstance(value, types) and not (isinstance(value, bool) and bool not in types), f"{where}: {name}"
