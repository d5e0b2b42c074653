"""Bodies say what they mean: values of another kind than their field's are refused, and nothing is done."""

from __future__ import annotations

from typing import Any

import pytest

from environments.models import DayException, Hold, Operation
from portal.api.root import api
from portal.api.sent import In
from tests import factories
from tests.api.rest import Program
from tests.api.rest import manager as manager
from tests.api.rest import monday_morning as monday_morning

WRONG: dict[str, list[Any]] = {
    "boolean": ["no", "yes", "true", 1, 0, 1.0, [], {}],
    "number": ["2", True, False, [], {}],
    "integer": ["2", True, False, 1.5, [], {}],
    "string": [2, True, False, [], {}],
    "date": [1795000000, 0, True, "1795046400", "2026-11-27T10:00:00", []],
    "date-time": [1795000000, 1.5, True, "1795000000", []],
    "object": ["chat-dev", True, 1, []],
}
"""What is not of a kind that the API's own description names. A list or an object never is a plain value."""

SCHEMAS: dict[str, Any] = api.get_openapi_schema()["components"]["schemas"]


def bodies() -> list[type[In]]:
    """Every schema of a body, also what stands inside of one."""
    found, left = [], In.__subclasses__()
    while left:
        one = left.pop()
        found.append(one)
        left += one.__subclasses__()
    return sorted(found, key=lambda one: one.__name__)


def kind_of(told: dict[str, Any]) -> str:
    """“date” of a field as the description tells of it, be it that or null."""
    parts = told.get("anyOf") or told.get("allOf") or [told]
    plain = next(one for one in parts if one.get("type") != "null")
    if "$ref" in plain:
        plain = SCHEMAS[plain["$ref"].rpartition("/")[2]]
    return str(plain.get("format") or plain["type"])


FIELDS = [
    pytest.param(body, name, kind_of(told), id=f"{body.__name__}.{name}")
    for body in bodies()
    for name, told in SCHEMAS[body.__name__]["properties"].items()
]


@pytest.mark.parametrize(("body", "name", "kind"), FIELDS)
def test_no_field_of_a_body_takes_a_value_of_another_kind(body: type[In], name: str, kind: str) -> None:
    for value in WRONG[kind]:
        wrong = [one["loc"][0] for one in _errors(body, {name: value})]
        assert name in wrong, f"{value!r} was taken for a {kind}"


def test_every_endpoint_that_takes_a_body_takes_such_a_one() -> None:
    taken = {
        told["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for methods in api.get_openapi_schema()["paths"].values()
        for told in methods.values()
        if "requestBody" in told
    }
    assert taken
    assert taken <= {body.__name__ for body in bodies()}


@pytest.mark.parametrize(
    ("path", "body", "field", "said"),
    [
        ("/environments/chat-dev/start", {"hours": True}, "hours", "This has to be a number."),
        ("/environments/chat-dev/start", {"hours": "2"}, "hours", "This has to be a number."),
        ("/environments/chat-dev/stop", {"released": "no"}, "released", "This has to be true or false."),
        (
            "/holds",
            {"environment": "chat-dev", "desired": "running", "next_change": "yes"},
            "next_change",
            "This has to be true or false.",
        ),
        (
            "/exceptions",
            {"scope": {"environment": "chat-dev"}, "kind": "off", "first": 1795737600, "reason": "x"},
            "first",
            "This has to be a date, for example 2026-11-27.",
        ),
    ],
)
def test_a_wrong_kind_is_named_and_nothing_is_done(
    manager: Program, path: str, body: dict[str, Any], field: str, said: str
) -> None:
    factories.environment()
    assert manager.refused("post", path, body) == {field: [said]}
    assert not any(model.objects.exists() for model in (Hold, Operation, DayException))


@pytest.mark.parametrize("hours", [2, 2.0, 0.5])
def test_numbers_may_be_written_as_json_writes_them(manager: Program, hours: float) -> None:
    factories.environment()
    assert manager.status("post", "/environments/chat-dev/start", {"hours": hours, "released": False}) == 202


def _errors(body: type[In], sent: dict[str, Any]) -> list[Any]:
    try:
        body.model_validate(sent)
    except ValueError as error:
        return list(error.errors())  # type: ignore[attr-defined]  # pydantic's
    return []
