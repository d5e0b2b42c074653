"""Whether a fault that is asked for can be: a misspelt one would strike nothing, and a test with it prove nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from moto.core.utils import get_service_model

from portal.simulator.calls import BOTO_NAMES

WAITING = {"timeout", "slow"}
KINDS = ("throttle", "denied", "error", "reset", "timeout", "slow", "lost", "garbled")
LONGEST_S = 300.0
DEFAULT_SECONDS = 5.0
# The kinds a field is for, where it is not for all.
ONLY_FOR = {"seconds": WAITING, "code": {"error"}, "message": {"error"}, "status": {"error"}}


def checked(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a rule, complete. Raises ValueError that names the field and says what is wrong with it."""
    if unknown := sorted(wanted.keys() - FIELDS.keys()):
        raise ValueError(f"unknown: {', '.join(unknown)}; a fault has {', '.join(FIELDS)}")
    kind = wanted.get("kind")
    if kind not in KINDS:
        raise ValueError(f"kind is one of {', '.join(KINDS)}, not {kind!r}")
    for name in wanted:
        if kind not in ONLY_FOR.get(name, KINDS):
            raise ValueError(f"{name} is for {' and '.join(sorted(ONLY_FOR[name]))}, not for {kind}")
    fields = {name: FIELDS[name](name, value) for name, value in wanted.items()}
    if kind == "error" and not fields.get("code"):
        raise ValueError("code: an error needs one")
    if kind in WAITING:
        fields.setdefault("seconds", DEFAULT_SECONDS)
    _known_to_aws(fields.get("service"), fields.get("action"))
    return fields


def _known_to_aws(service: str | None, action: str | None) -> None:
    if service is None:
        return
    try:
        model = get_service_model(service)
    except Exception as error:
        raise ValueError(f"service: there is no {service!r}; it is named as for boto3.client") from error
    arrives_as = BOTO_NAMES.get(model.signing_name, model.signing_name)
    if arrives_as != service:
        raise ValueError(f"service: calls of {service} arrive as {arrives_as}; name that")
    if action is not None and action not in model.operation_names:
        raise ValueError(f"action: {service} has no {action!r}; it is named as in the API, like DescribeStacks")


def _text(name: str, value: Any) -> str | None:
    if value is not None and (not isinstance(value, str) or not value):
        raise ValueError(f"{name} is a text, not {value!r}")
    return value


def _number(least: int, most: int | None = None, *, or_null: bool = False) -> Callable[[str, Any], int | None]:
    def check(name: str, value: Any) -> int | None:
        if value is None and or_null:
            return None
        # True is an int to Python, and a mistake here.
        if type(value) is not int or value < least or (most is not None and value > most):
            to = f" to {most}" if most is not None else " or more"
            raise ValueError(f"{name} is a whole number, {least}{to}, not {value!r}")
        return value

    return check


def _share(name: str, value: Any) -> float:
    if type(value) not in (int, float) or not 0 < value <= 1:
        raise ValueError(f"{name} is more than 0 and at most 1, not {value!r}")
    return float(value)


def _seconds(name: str, value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value <= LONGEST_S:
        raise ValueError(f"{name} is 0 to {LONGEST_S:.0f}, not {value!r}")
    return float(value)


FIELDS: dict[str, Callable[[str, Any], Any]] = {
    "kind": _text,
    "service": _text,
    "action": _text,
    "account": _text,
    "region": _text,
    "nth": _number(1),
    "after": _number(0),
    "times": _number(1, or_null=True),
    "probability": _share,
    "seed": _number(0),
    "seconds": _seconds,
    "code": _text,
    "message": _text,
    "status": _number(400, 599),
}
