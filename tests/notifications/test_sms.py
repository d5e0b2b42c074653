"""The door of SMS: calls of gateways, signed, written once, answered at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from notifications import secret_doors
from notifications.inbound import sms_signature
from notifications.models import Arrival, Gateway
from tests.support.gateways import call, call_of_twilio, gateway, path

pytestmark = pytest.mark.django_db
SAID = {"id": "m1", "from": "+821012345678", "text": "S1AAAA"}
TWILIO = {"MessageSid": "SM1", "From": "+821012345678", "To": "+12025550100", "Body": "S1AAAA & 안녕"}
# https://www.twilio.com/docs/usage/security, and the tests of Twilio's own libraries.
ADDRESS = "https://mycompany.com/myapp.php?foo=1&bar=2"
FIELDS = {
    "CallSid": ["CA1234567890ABCDE"],
    "Caller": ["+14158675309"],
    "Digits": ["1234"],
    "From": ["+14158675309"],
    "To": ["+18005551212"],
}


def test_the_signature_that_twilio_publishes_as_an_example_is_ours() -> None:
    assert sms_signature.twilio("12345", ADDRESS, FIELDS) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    assert sms_signature.is_of_twilio("12345", [ADDRESS], FIELDS, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")


def test_fields_that_come_twice_are_signed_as_twilio_does() -> None:
    fields = {"Sid": ["CA123"], "SidAccount": ["AC123"], "Digits": ["5678", "1234", "1234"]}
    assert sms_signature.twilio("12345", ADDRESS, fields) == "IK+Dwps556ElfBT0I3Rgjkr1wJU="


@pytest.mark.parametrize(
    ("token", "address", "given"),
    [
        ("12345", ADDRESS, ""),
        ("12345", ADDRESS, "RSOYDt4T1cUTdK1PDd93/VVr8B8"),
        ("54321", ADDRESS, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("12345", ADDRESS.replace("foo=1", "foo=2"), "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("12345", ADDRESS, "wröng"),
    ],
)
def test_any_other_signature_is_wrong(token: str, address: str, given: str) -> None:
    assert not sms_signature.is_of_twilio(token, [address], FIELDS, given)


def test_nothing_is_signed_with_an_empty_secret() -> None:
    assert not sms_signature.is_of_twilio("", [ADDRESS], FIELDS, sms_signature.twilio("", ADDRESS, FIELDS))
    assert not sms_signature.is_of_gateway("", "1", b"{}", sms_signature.generic("", "1", b"{}"))


def test_the_port_of_the_scheme_may_be_said_or_not() -> None:
    for known, signed in (
        ("https://a.example/x", "https://a.example:443/x"),
        ("http://a.example:80/", "http://a.example/"),
    ):
        assert sms_signature.is_of_twilio("t", [known], {}, sms_signature.twilio("t", signed, {}))
    assert not sms_signature.is_of_twilio(
        "t", ["https://a.example:8443/"], {}, sms_signature.twilio("t", "https://a.example/", {})
    )


def test_a_call_of_twilio_is_written_and_answered_with_an_empty_response() -> None:
    row = gateway("twilio")
    answer = call_of_twilio(row, **TWILIO)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/xml; charset=utf-8")
    assert answer.content.decode().endswith("<Response/>")
    arrival = Arrival.objects.get()
    assert (arrival.door, arrival.subject) == ("sms", row.pk)
    assert arrival.payload == {"from": "+821012345678", "text": "S1AAAA & 안녕"}


def test_twilio_may_know_the_portal_by_the_name_that_the_request_came_by(settings: Settings) -> None:
    settings.BASE_URL = "https://daybreak.example"
    row = gateway("twilio")
    assert call_of_twilio(row, signed_for=f"http://testserver{path(row)}", **TWILIO).status_code == 200
    assert call_of_twilio(row, signed_for=f"https://daybreak.example{path(row)}", **TWILIO).status_code == 200
    assert call_of_twilio(row, signed_for=f"https://else.example{path(row)}", **TWILIO).status_code == 403


def test_a_call_of_a_generic_gateway_is_written() -> None:
    row = gateway()
    answer = call(row, SAID)
    assert (answer.status_code, answer.json()) == (200, {"ok": True})  # type: ignore[attr-defined]
    assert Arrival.objects.get().payload == {"from": "+821012345678", "text": "S1AAAA"}


def test_a_call_costs_a_look_and_a_row(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    row = gateway()
    with django_assert_num_queries(4):  # the gateway, the row, and the savepoint around it
        call(row, SAID)


def test_the_same_message_again_is_the_same_arrival_and_of_another_gateway_it_is_not() -> None:
    first, second = gateway(), gateway(name="SMS Busan")
    assert [call(row, SAID).status_code for row in (first, first, second)] == [200] * 3
    assert Arrival.objects.count() == 2


@pytest.mark.parametrize("kind", ["json", "twilio"])
def test_a_wrong_signature_is_refused_and_counted(kind: str) -> None:
    row = gateway(kind)
    answer = call(row, SAID, secret="wrong") if kind == "json" else call_of_twilio(row, signature="wrong", **TWILIO)
    assert answer.status_code == 403
    row.refresh_from_db()
    assert row.refused == 1
    assert row.last_error["en"].startswith("The signature is wrong.")
    assert not Arrival.objects.exists()


def test_a_call_without_any_signature_is_refused() -> None:
    for row in (gateway(), gateway("twilio", "other")):
        assert Client().post(path(row), b"{}", content_type="application/json").status_code == 403


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_signed_call_is_good_for_five_minutes(minutes: int) -> None:
    row = gateway()
    assert call(row, SAID, at=timezone.now() + timedelta(minutes=minutes)).status_code == 403
    assert call(row, SAID, at=timezone.now() + timedelta(minutes=minutes / 2)).status_code == 200
    assert secret_doors.unix_time("١٢٣") is None


def test_a_gateway_that_is_switched_off_is_refused() -> None:
    row = gateway(is_on=False)
    assert call(row, SAID).status_code == 403
    row.refresh_from_db()
    assert row.last_error["en"] == "It is switched off."


def test_a_gateway_with_a_new_address_has_no_other() -> None:
    row = gateway()
    old = path(row)
    secret_doors.new_address(row)
    row.save()
    assert call(row, SAID).status_code == 200
    assert Client().post(old, b"{}", content_type="application/json").status_code == 404


@pytest.mark.parametrize(
    "said", [b"no json", b"[" * 50_000, [], {}, {"id": "", "text": "x"}, {"id": "1"}, {"id": "1", "text": 7}]
)
def test_what_is_no_message_is_said_to_be_none(said: object) -> None:
    row = gateway()
    assert call(row, said).status_code == 400
    row.refresh_from_db()
    assert row.refused == 1
    assert not Arrival.objects.exists()


def test_what_is_too_long_is_not_read() -> None:
    assert call(gateway(), {"id": "1", "text": "x" * 70_000}).status_code == 413


def test_only_a_post_is_a_call() -> None:
    assert Client().get(path(gateway())).status_code == 405


def test_the_secrets_of_a_gateway_lie_sealed_in_the_database() -> None:
    row = gateway()
    stored = str(list(Gateway.objects.extra(select={"raw": "config"}).values("raw", "digest")))
    assert row.config[secret_doors.KEY] not in stored
    assert "12345" not in stored
