"""Health over the API: what each check says, since when and why, and how good its answers were."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from environments.models import Environment, HealthDay, HealthHour, HttpCheck
from tests import factories
from tests.support.times import monday

from .rest import Program, manager, monday_morning, operator, outsider, queries, viewer

pytestmark = pytest.mark.django_db
__all__ = ["manager", "monday_morning", "operator", "outsider", "viewer"]

WHY = {"en": "no answer within 5 s", "ko": "5초 안에 응답 없음"}


@pytest.fixture
def chat() -> Environment:
    return factories.environment(state="running", state_since=monday("09:00"))


def check(of: Environment, name: str = "API", state: str = "up", **fields: object) -> HttpCheck:
    values = {"state": state, "state_since": monday("09:30"), "last_ms": 84, "seen_at": monday("09:59")} | fields
    return factories.http_check(of, name, **values)


def hour(of: HttpCheck, samples: int, up: int) -> None:
    whose = {"check_row": of, "environment": of.environment, "check_number": of.pk, "check_name": of.name}
    HealthHour.objects.create(hour=monday("09:00"), samples=samples, up=up, environment_name="chat-dev", **whose)
    HealthDay.objects.create(day=date(2026, 11, 23), samples=samples, up=up, environment_name="chat-dev", **whose)


def test_a_check_says_its_state_since_when_and_why(viewer: Program, chat: Environment) -> None:
    made = check(chat, state="down", reason=WHY)
    [told] = viewer.items("/health")
    assert told == {
        "id": made.pk,
        "environment": "chat-dev",
        "name": "API",
        "kind": "http",
        "is_on": True,
        "state": "down",
        "state_word": "Down",
        "since": "2026-11-23T00:30:00Z",
        "reason": "no answer within 5 s",
        "heard": "2026-11-23T00:59:00Z",
        "response_ms": 84,
    }
    korean = viewer.client.get("/api/v1/health", headers={"Accept-Language": "ko"}).json()["items"]
    assert korean[0]["reason"] == WHY["ko"]


def test_checks_are_found_by_environment_team_kind_state_and_trouble(operator: Program, chat: Environment) -> None:
    check(chat, "API", "up")
    check(chat, "Web", "down")
    check(chat, "Old", "down", is_on=False)
    check(factories.environment("pay-dev", team=factories.team("Payments")), "Pay", "late")

    def names(**filters: str) -> list[str]:
        return [one["name"] for one in operator.items("/health", **filters)]

    assert names() == ["API", "Web", "Old", "Pay"]
    assert names(environment="pay-dev") == ["Pay"]
    assert names(team="Chat") == ["API", "Web", "Old"]
    assert names(state="late") == ["Pay"]
    assert names(kind="heartbeat") == []
    assert names(trouble="true") == ["Web"]
    assert list(operator.refused("get", "/health", state="well")) == ["state"]


def test_a_share_is_rounded_down_so_that_a_hundred_means_all(viewer: Program, chat: Environment) -> None:
    made = check(chat)
    hour(made, 3000, 2999)
    told = viewer.get(f"/health/checks/{made.pk}")
    shares = {one["days"]: (one["good"], one["all"], one["percent"]) for one in told["shares"]}
    assert shares == {1: (2999, 3000, 99.9), 7: (2999, 3000, 99.9), 30: (2999, 3000, 99.9), 90: (2999, 3000, 99.9)}


def test_a_single_good_answer_of_many_is_not_none(viewer: Program, chat: Environment) -> None:
    made = check(chat)
    hour(made, 5000, 1)
    assert viewer.get(f"/health/checks/{made.pk}")["shares"][0]["percent"] == 0.1


def test_an_environment_is_as_well_as_the_worst_of_its_checks(viewer: Program, chat: Environment) -> None:
    check(chat, "API", "up")
    bad = check(chat, "Web", "down", reason=WHY)
    hour(bad, 10, 5)
    told = viewer.get("/health/chat-dev")
    assert (told["state"], told["state_word"], told["reason"]) == ("down", "Down", "Web: no answer within 5 s")
    assert (told["in_trouble"], told["late"]) == (1, 0)
    assert [(one["name"], [share["percent"] for share in one["shares"]]) for one in told["checks"]] == [
        ("Web", [50.0, 50.0, 50.0, 50.0]),
        ("API", []),
    ]


def test_where_nothing_is_checked_nothing_is_said(viewer: Program, chat: Environment) -> None:
    told = viewer.get("/health/chat-dev")
    assert (told["state"], told["checks"]) == (None, [])


def test_for_those_of_another_team_it_is_not_there(outsider: Program, chat: Environment) -> None:
    made = check(chat)
    assert outsider.items("/health") == []
    assert outsider.status("get", "/health/chat-dev") == 404
    assert outsider.status("get", f"/health/checks/{made.pk}") == 404


def test_who_may_not_see_checks_is_told_so(chat: Environment) -> None:
    made, nobody = check(chat), factories.person("nobody", "Viewer", chat.team)
    nobody.groups.clear()
    for path in ("/health", "/health/chat-dev", f"/health/checks/{made.pk}"):
        assert Program(nobody).status("get", path) == 403


def test_thirty_checks_ask_the_database_no_more_than_three(manager: Program) -> None:
    asked: list[tuple[int, int]] = []
    chat = factories.environment()
    for begin, end in ((0, 3), (3, 30)):
        for number in range(begin, end):
            made = check(chat if number % 2 else factories.environment(f"dev-{number}"), f"API {number}")
            hour(made, 10, number % 10)
        of_all = queries(lambda: manager.get("/health"))
        asked.append((of_all, queries(lambda: manager.get("/health/chat-dev"))))
    assert len(manager.items("/health")) == 30
    assert asked[0] == asked[1]


def test_days_that_are_long_past_are_in_no_share(viewer: Program, chat: Environment) -> None:
    made = check(chat)
    hour(made, 10, 10)
    HealthDay.objects.update(day=date(2026, 11, 23) - timedelta(days=40))
    HealthHour.objects.all().delete()
    shares = viewer.get(f"/health/checks/{made.pk}")["shares"]
    assert {one["days"]: one["percent"] for one in shares} == {7: None, 30: None, 90: 100.0}
