"""What all answers have in common: problems, pages, ETags, and the same POST twice."""

from __future__ import annotations

import gzip
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from environments.models import Environment, Hold, Operation
from environments.services import holds
from portal.api import replays
from portal.models import ApiAnswer
from tests import factories
from tests.support.calling import Caller
from tests.support.times import monday

pytestmark = pytest.mark.django_db
PROBLEM = {"type", "title", "status", "detail", "instance", "errors"}


def _problem(answer: Any, status: int) -> dict[str, Any]:
    """The body of a problem, which looks as RFC 9457 says."""
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    body: dict[str, Any] = answer.json()
    assert set(body) == PROBLEM
    assert body["status"] == status
    return body


@pytest.fixture
def caller() -> Caller:
    return Caller(factories.manager())


def test_what_does_not_fit_is_422_and_names_the_field(caller: Caller) -> None:
    factories.environment()
    assert set(_problem(caller.get("/environments", {"limit": 0}), 422)["errors"]) == {"limit"}
    assert set(_problem(caller.get("/environments", {"state": "asleep"}), 422)["errors"]) == {"state"}
    wrong = _problem(caller.post("/environments/chat-dev/start", {"hours": -1, "until": "at six"}), 422)
    assert set(wrong["errors"]) == {"hours", "until"}


def test_what_a_service_refuses_names_the_field_as_well(caller: Caller) -> None:
    factories.environment()
    with time_machine.travel(monday("12:00"), tick=False):
        wrong = _problem(caller.post("/environments/chat-dev/start", {"until": monday("11:00").isoformat()}), 422)
    assert wrong["errors"] == {"until": ["This time has passed. Choose one in the future."]}
    assert wrong["instance"] == "/api/v1/environments/chat-dev/start"


def test_a_body_that_is_no_json_is_400(caller: Caller) -> None:
    factories.environment()
    answer = caller.client.post("/api/v1/environments/chat-dev/start", "{", content_type="application/json")
    _problem(answer, 400)


def test_what_is_not_there_is_404_whatever_the_address(caller: Caller) -> None:
    for path in ("/", "/nothing", "/environments/", "/environments/none", "/environments/none/plan/more"):
        _problem(caller.get(path), 404)


def test_another_method_is_405_and_says_which_are_known(caller: Caller) -> None:
    answer = caller.post("/environments")
    _problem(answer, 405)
    assert "GET" in answer["Allow"]


def test_who_may_look_and_not_switch_is_told_who_can() -> None:
    factories.environment()
    looker = Caller(factories.viewer())
    assert "A manager of its team can." in _problem(looker.post("/environments/chat-dev/start"), 403)["detail"]
    assert not Hold.objects.exists()


def test_a_mistake_of_ours_is_500_and_tells_nothing_of_the_inside(
    caller: Caller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    factories.environment()

    def fail(**asked: Any) -> None:
        raise RuntimeError("the password is swordfish")

    monkeypatch.setattr(holds, "place", fail)
    answer = caller.post("/environments/chat-dev/start")
    _problem(answer, 500)
    assert "swordfish" not in answer.content.decode()
    assert "/api/v1/environments/chat-dev/start" in caplog.text


def test_problems_are_in_korean_for_those_who_ask_for_it(caller: Caller) -> None:
    factories.environment()
    answer = caller.post("/environments/chat-dev/start", {"hours": 1, "released": True}, Accept_Language="ko")
    assert answer["Content-Language"] == "ko"


def test_a_long_list_comes_in_pieces_that_fit_though_rows_come_and_go(caller: Caller) -> None:
    for number in range(7):
        factories.environment(f"env-{number}")
    first = caller.get("/environments", {"limit": 3}).json()
    factories.environment("env-00")  # before what was told
    Environment.objects.get(name="env-2").delete()  # the row that the cursor stands at
    second = caller.get("/environments", {"limit": 3, "cursor": first["next"]}).json()
    third = caller.get("/environments", {"limit": 3, "cursor": second["next"]}).json()
    names = [[one["name"] for one in piece["items"]] for piece in (first, second, third)]
    assert names == [["env-0", "env-1", "env-2"], ["env-3", "env-4", "env-5"], ["env-6"]]
    assert third["next"] is None


def test_a_list_is_told_from_the_newest_where_that_is_its_order(caller: Caller) -> None:
    chat = factories.environment()
    made = [factories.operation(chat).pk for _ in range(3)]
    first = caller.get("/operations", {"limit": 2}).json()
    second = caller.get("/operations", {"limit": 2, "cursor": first["next"]}).json()
    assert [one["id"] for one in (*first["items"], *second["items"])] == made[::-1]


@pytest.mark.parametrize("cursor", ["x", "e30", "WzFd", "AAAA", "WyJhIiwgImIiXQ"])
def test_a_wrong_cursor_is_named(caller: Caller, cursor: str) -> None:
    assert set(_problem(caller.get("/environments", {"cursor": cursor}), 422)["errors"]) == {"cursor"}


def test_a_cursor_of_another_list_is_refused(caller: Caller) -> None:
    for number in range(2):
        factories.operation(factories.environment(f"env-{number}"))
    cursor = caller.get("/operations", {"limit": 1}).json()["next"]
    assert set(_problem(caller.get("/environments", {"cursor": cursor}), 422)["errors"]) == {"cursor"}


def test_what_has_not_changed_is_304(caller: Caller) -> None:
    factories.environment()
    with time_machine.travel(monday("12:00"), tick=False) as clock:
        first = caller.get("/environments")
        assert (first["Cache-Control"], first["ETag"][0]) == ("private, no-cache", '"')
        again = caller.get("/environments", If_None_Match=first["ETag"])
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
        assert "RateLimit-Remaining" in again
        Environment.objects.update(state="stopped")
        clock.shift(1)  # what the portal sees for itself may be a second old
        changed = caller.get("/environments", If_None_Match=first["ETag"])
    assert (changed.status_code, changed["ETag"] == first["ETag"]) == (200, False)


def test_a_long_list_is_packed_for_those_who_take_it_so(caller: Caller) -> None:
    for number in range(3):
        factories.environment(f"env-{number}")
    with time_machine.travel(monday("12:00"), tick=False):
        plain = caller.get("/environments")
        packed = caller.get("/environments", Accept_Encoding="br, gzip;q=0.8")
        assert (packed["Content-Encoding"], packed["ETag"]) == ("gzip", f"W/{plain['ETag']}")
        assert gzip.decompress(packed.content) == plain.content
        assert "Content-Encoding" not in plain
        assert all("Accept-Encoding" in answer["Vary"] for answer in (plain, packed))
        for etag in (plain["ETag"], packed["ETag"]):
            again = caller.get("/environments", Accept_Encoding="gzip", If_None_Match=etag)
            assert (again.status_code, again.content) == (304, b"")


def test_the_same_post_twice_is_done_once(caller: Caller) -> None:
    factories.environment()
    body = {"hours": 2, "reason": "demo"}
    first = caller.post("/environments/chat-dev/start", body, Idempotency_Key="a")
    again = caller.post("/environments/chat-dev/start", body, Idempotency_Key="a")
    assert (first.status_code, "Idempotency-Replayed" in first) == (202, False)
    assert (again.status_code, again.json(), again["Idempotency-Replayed"]) == (202, first.json(), "true")
    assert Hold.objects.count() == 1
    assert caller.post("/environments/chat-dev/start", body, Idempotency_Key="b").status_code == 202
    assert Hold.objects.count() == 2


def test_what_was_refused_is_refused_again_with_the_same_words(caller: Caller) -> None:
    factories.environment()
    for _ in range(2):
        answer = caller.post("/environments/chat-dev/start", {"hours": 1, "released": True}, Idempotency_Key="a")
        _problem(answer, 422)
    assert answer["Idempotency-Replayed"] == "true"


def test_a_key_of_another_request_is_refused(caller: Caller) -> None:
    factories.environment()
    caller.post("/environments/chat-dev/start", Idempotency_Key="a")
    wrong = _problem(caller.post("/environments/chat-dev/stop", Idempotency_Key="a"), 422)
    assert set(wrong["errors"]) == {"Idempotency-Key"}
    assert Hold.objects.get().desired == "running"


def test_keys_of_two_tokens_have_nothing_to_do_with_each_other(caller: Caller) -> None:
    factories.environment()
    other = Caller(factories.operator())
    caller.post("/environments/chat-dev/start", Idempotency_Key="a")
    assert "Idempotency-Replayed" not in other.post("/environments/chat-dev/start", Idempotency_Key="a")


def test_what_is_being_done_is_409_until_it_has_died(caller: Caller) -> None:
    factories.environment()
    with time_machine.travel(monday("12:00"), tick=False) as clock:
        caller.post("/environments/chat-dev/start", Idempotency_Key="a")
        ApiAnswer.objects.update(status=None, body="")  # as it is while the first is under way
        _problem(caller.post("/environments/chat-dev/start", Idempotency_Key="a"), 409)
        clock.shift(replays.UNDER_WAY)
        assert caller.post("/environments/chat-dev/start", Idempotency_Key="a").status_code == 202


def test_a_failure_of_ours_is_not_kept(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    factories.environment()

    def fail(**asked: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(holds, "place", fail)
        assert caller.post("/environments/chat-dev/start", Idempotency_Key="a").status_code == 500
    assert caller.post("/environments/chat-dev/start", Idempotency_Key="a").status_code == 202


def test_answers_are_kept_for_a_day(caller: Caller) -> None:
    factories.environment()
    with time_machine.travel(monday("12:00"), tick=False) as clock:
        caller.post("/environments/chat-dev/start", Idempotency_Key="a")
        clock.shift(timedelta(days=1) - timedelta(seconds=1))
        assert replays.prune(now=timezone.now()) == 0
        clock.shift(timedelta(seconds=1))
        again = caller.post("/environments/chat-dev/start", Idempotency_Key="a")
        assert "Idempotency-Replayed" not in again
        clock.shift(timedelta(days=1))
        assert replays.prune(now=timezone.now()) == 1
    assert Operation.objects.exists()


@pytest.mark.parametrize("key", ["", " ", "a" * 201, "a\tb"])
def test_a_key_that_is_none_is_named(caller: Caller, key: str) -> None:
    factories.environment()
    wrong = _problem(caller.post("/environments/chat-dev/start", Idempotency_Key=key), 422)
    assert set(wrong["errors"]) == {"Idempotency-Key"}


def test_the_page_of_documentation_is_for_the_signed_in_and_asks_nobody_outside(client: Client) -> None:
    assert client.get("/api/v1/docs", headers={"Accept": "text/html"}).status_code == 302
    assert client.get("/api/v1/openapi.json").status_code == 401
    client.force_login(factories.viewer())
    page = client.get("/api/v1/docs")
    text = page.content.decode()
    assert page.status_code == 200
    assert "ninja/swagger-ui-bundle.js" in text
    assert "//cdn" not in text
    assert "<script>" not in text  # the policy forbids scripts in the page
    assert 'id="problem-not-found"' in text
    assert client.get("/api/v1/openapi.json").json()["info"]["title"] == "Daybreak"


def test_a_token_reads_the_description_too(caller: Caller) -> None:
    told = caller.get("/openapi.json").json()
    start = told["paths"]["/api/v1/environments/{slug}/start"]["post"]
    assert "Scope: `operate`" in start["description"]
    assert [one["name"] for one in start["parameters"]] == ["slug", "Idempotency-Key"]
    assert "application/problem+json" in start["responses"]["default"]["content"]
