"""What is wrong with a field is said in people's words, and in the reader's language."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Any, Literal

import pytest
from django.utils import translation
from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from portal.api import sentences
from portal.api.root import api
from portal.api.sent import In
from tests import factories
from tests.support.calling import Caller


class Everything(BaseModel):
    whole: int = Field(1, ge=1, lt=10)
    amount: Decimal = Field(Decimal(1), gt=0)
    share: float = Field(1, le=24.0)
    text: str = Field("abc", min_length=2, max_length=5)
    several: list[int] = Field([1], min_length=1, max_length=2)
    at: AwareDatetime | None = None
    day: date | None = None
    clock: time | None = None
    kind: Literal["on", "off"] = "on"
    yes: bool = True
    inner: In | None = None


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("whole", "x", "This has to be a whole number."),
        ("whole", 1.5, "This has to be a whole number."),
        ("whole", 0, "This has to be 1 or more."),
        ("whole", 10, "This has to be less than 10."),
        ("amount", "x", "This has to be a decimal number, for example 12.50."),
        ("amount", 0, "This has to be more than 0."),
        ("share", 25, "This has to be 24 or less."),
        ("share", "x", "This has to be a number."),
        ("text", "a", "This has to have 2 characters at least."),
        ("text", "abcdef", "This may have 5 characters at the most."),
        ("text", 5, "This has to be a text."),
        ("several", [], "This has to have 1 items at least."),
        ("several", [1, 2, 3], "This may have 2 items at the most."),
        ("several", "x", "This has to be a list: […]."),
        ("at", "2026-11-23T09:00:00", sentences.MOMENT),
        ("at", "soon", sentences.MOMENT),
        ("day", "Friday", sentences.DATE),
        ("day", "2026-11-27T09:00:00", "This has to be a date without a time, for example 2026-11-27."),
        ("clock", "late", "This has to be a time of the day, for example 09:00."),
        ("kind", "maybe", "Choose one of: on, off."),
        ("yes", "perhaps", "This has to be true or false."),
        ("inner", 5, sentences.OBJECT),
        ("inner", {"untl": 1}, "There is no field of this name here. Look whether it is misspelt."),
    ],
)
def test_each_kind_of_error_has_its_sentence(field: str, value: Any, said: str) -> None:
    with pytest.raises(ValidationError) as raised:
        Everything.model_validate({field: value})
    assert {sentences.sentence(one) for one in raised.value.errors()} == {str(said)}


def test_an_error_that_nobody_thought_of_says_where_to_look() -> None:
    assert "page of documentation" in sentences.sentence({"type": "frozen_set_type", "msg": "Input should be …"})


def test_all_can_be_translated() -> None:
    with translation.override("ko"):
        for said in (*sentences.OF_KIND.values(), *sentences.OF_FAMILY.values()):
            assert not isinstance(said, str), "it would stay in the language of the process's start"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/holds", {"environment": "chat-dev", "desired": "running", "untl": "2026-11-23T22:00:00Z"}, "untl"),
        ("/environments/chat-dev/start", {"untill": None}, "untill"),
        ("/environments/chat-dev/redeploy", {"note": "x"}, "note"),
        ("/environments/chat-dev/deploy", {"tag": "1", "image": "x"}, "image"),
        ("/tickets", {"team": "Chat", "title": "x", "assigne": "kim"}, "assigne"),
        (
            "/exceptions",
            {"scope": {"enviroment": "chat-dev"}, "kind": "off", "first": "2030-01-01", "reason": "x"},
            "scope.enviroment",
        ),
    ],
)
def test_a_misspelt_field_is_refused_and_named(path: str, body: dict[str, Any], field: str) -> None:
    factories.environment()
    answer = Caller(factories.operator()).post(path, body)
    assert answer.status_code == 422
    said = "There is no field of this name here. Look whether it is misspelt."
    assert answer.json()["errors"] == {field: [said]}


@pytest.mark.django_db
@pytest.mark.parametrize("body", ["[]", "5", '"x"'])
def test_a_body_that_is_no_object_is_said_of_the_request_as_a_whole(body: str) -> None:
    factories.environment()
    client = Caller(factories.operator()).client
    answer = client.post("/api/v1/environments/chat-dev/start", body, content_type="application/json")
    assert (answer.status_code, answer.json()["errors"]) == (422, {"request": [str(sentences.OBJECT)]})


def test_every_body_is_one_that_refuses_what_it_does_not_know() -> None:
    told = api.get_openapi_schema()
    bodies = {
        method["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for methods in told["paths"].values()
        for method in methods.values()
        if "requestBody" in method
    }
    assert len(bodies) > 6
    for name in bodies:
        assert told["components"]["schemas"][name]["additionalProperties"] is False, name
