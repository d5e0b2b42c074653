"""The page of advice: everybody reads that of their teams, operators apply it, set it aside, and take either back."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags
from pytest_django import DjangoAssertNumQueries

from environments.models import Environment, Pricing, Schedule
from environments.models.advice import Advice, UseLook
from environments.models.rate import Rate
from environments.services import advice
from tests import factories
from tests.services.using import NOW, always_on, measured, used

from .conftest import Enter

pytestmark = pytest.mark.django_db

PAGE, APPLY, DISMISS, UNDO = "/costs/advice/", *(f"/env/chat-dev/advice/{one}/" for one in ("apply", "dismiss", "undo"))
HTMX = {"HX-Request": "true"}


@pytest.fixture
def chat() -> Environment:
    office = factories.schedule("Long days", begin_time="07:00", end_time="22:00", weekdays="mon-fri")
    made = factories.environment(schedule=office)
    used(made)
    advice.make(now=NOW)
    return made


def words(answer: Any) -> str:
    return re.sub(r"\s+", " ", strip_tags(re.sub(r"<(?=[a-z])", " <", answer.content.decode()))).strip()


def test_it_says_what_is_proposed_why_and_what_it_saves(chat: Environment, as_manager: Client) -> None:
    said = words(as_manager.get(PAGE))
    assert "its schedule is longer than its use" in said.lower()
    assert "$15.21 a month" in said
    assert "Now 07:00–22:00 Mon-Fri (Asia/Seoul) Proposed 09:30–17:30 Mon-Fri (Asia/Seoul) Runs 300 h → 160 h" in said
    assert "In 14 days it ran for 150 h and was used in 70 h of them." in said
    assert "Idle is a CPU below 5% and a network below 5 MB an hour. The highest were 40% and 1 MB." in said.replace(
        "  ", " "
    )
    assert "Mon Mon 00:00" not in said
    assert "An operator can apply it." in said


def test_a_saving_that_something_without_a_price_is_not_in_is_said_to_be_the_least(
    chat: Environment, as_manager: Client, as_operator: Client
) -> None:
    missing = {
        "what": {"en": "App Runner vCPU", "ko": "App Runner vCPU"},
        "why": {"en": "It is not in the price list."},
    }
    Pricing.objects.create(target=chat.targets.get(), looked_at=NOW, unpriced=[missing])
    page = as_manager.get(PAGE)
    assert "saves at least $15.21 a month" in words(page)
    assert "without: App Runner vCPU Prices : chat-dev" in words(page)
    assert '"/env/chat-dev/#prices"' in page.content.decode()
    asked = words(as_operator.get(APPLY, headers=HTMX))
    assert "saves at least $15.21 a month" in asked
    assert "without: App Runner vCPU" in asked


def test_the_week_is_drawn_and_said_in_words(chat: Environment, as_manager: Client) -> None:
    (shown,) = as_manager.get(PAGE).context["advice"]
    week = shown["week"]
    assert [day.words for day in week] == ["used 10:00–17:00"] * 5 + ["did not run"] * 2
    monday = str(week[0].svg)
    assert "Mon 10:00: used on 2 of 2 days" in monday
    assert "Mon 09:00: used on 0 of 2 days" in monday
    assert '<rect class="adv-now" x="29.167%" y="22" width="62.5%"' in monday
    assert '<rect class="adv-then" x="39.583%" y="27" width="33.333%"' in monday
    assert "adv-then" not in str(week[6].svg)


def test_what_saves_most_stands_first_and_what_has_no_price_last(as_manager: Client) -> None:
    for name, act in (("little", used), ("much", always_on), ("unpriced", used)):
        office = factories.schedule("Long days", begin_time="07:00", end_time="22:00", weekdays="mon-fri")
        act(factories.environment(name, schedule=None if name == "much" else office))
    Rate.objects.filter(environment__slug="unpriced").delete()
    advice.make(now=NOW)
    answer = as_manager.get(PAGE)
    assert [one["env"].name for one in answer.context["advice"]] == ["much", "little", "unpriced"]
    assert "What it saves is not known: no prices yet." in words(answer)
    assert "no schedule: nothing stops it" in words(answer)


def test_other_teams_advice_is_not_there(chat: Environment, as_outsider: Client) -> None:
    said = words(as_outsider.get(PAGE))
    assert "chat-dev" not in said
    assert "No advice at the moment" in said
    assert "cloudwatch:GetMetricData" in said
    assert "at least 14 whole days" in said


def test_why_others_have_none_is_said(as_manager: Client) -> None:
    tight = factories.schedule("Tight", begin_time="09:00", end_time="18:00", weekdays="mon-fri")
    used(factories.environment("busy", schedule=tight), 9, 18, ran=(9, 18))
    refused = factories.environment("refused")
    measured(refused, NOW, lambda _at: False)
    UseLook.objects.filter(environment=refused).update(problem={"en": "AWS does not allow GetMetricData."})
    UseLook.objects.create(environment=factories.environment("fresh"))
    advice.make(now=NOW)
    said = words(as_manager.get(PAGE))
    assert "busy It is used when it runs." in said
    assert "fresh CloudWatch has not been asked yet." in said
    assert "AWS does not allow GetMetricData." in said


def test_before_it_is_applied_both_weeks_and_what_follows_at_once_are_shown(
    chat: Environment, as_operator: Client
) -> None:
    Environment.objects.filter(pk=chat.pk).update(state="running", wish="running", judged_at=NOW)
    Advice.objects.update(proposal=Advice.objects.get().proposal | {"periods": [], "override": "stopped"})
    answer = as_operator.get(APPLY)
    said = words(answer)
    assert "chat-dev gets a schedule of its own: off until somebody starts it" in said
    assert "chat-dev is stopped at once. " in said
    assert "Apply and stop it" in said
    first = answer.context["days"][0]
    assert (first.old_words, first.new_words, first.differs) == ("07:00–22:00", "off all day", True)
    assert not Schedule.objects.filter(name__contains="advised").exists()


def test_an_operator_applies_it_with_one_click_and_takes_it_back_with_another(
    chat: Environment, as_operator: Client
) -> None:
    row = Advice.objects.get()
    answer = as_operator.post(APPLY, {"advice": row.pk}, headers=HTMX)
    assert answer.headers["HX-Redirect"] == PAGE
    chat.refresh_from_db()
    assert chat.schedule is not None
    assert chat.schedule.name == "chat-dev: advised"
    page = words(as_operator.get(PAGE))
    assert "chat-dev runs by “chat-dev: advised” from now on." in page
    assert "chat-dev applied" in page
    as_operator.post(UNDO, {"advice": row.pk})
    chat.refresh_from_db()
    assert chat.schedule is not None
    assert chat.schedule.name == "Long days"
    assert "Proposed 09:30–17:30" in words(as_operator.get(PAGE))


def test_it_is_set_aside_with_a_reason_for_others(chat: Environment, as_operator: Client, enter: Enter) -> None:
    row = Advice.objects.get()
    assert "60 days" in words(as_operator.get(DISMISS))
    assert as_operator.post(DISMISS, {"advice": row.pk, "reason": "demo season"}).status_code == 302
    said = words(enter(factories.manager()).get(PAGE))
    assert "No advice at the moment" in said
    assert "chat-dev dismissed" in said
    assert "operator: demo season" in said
    too_long = as_operator.post(DISMISS, {"advice": row.pk, "reason": "x" * 201}, headers=HTMX)
    assert "at most 200 characters" in words(too_long)


def test_what_was_changed_meanwhile_is_refused_in_the_dialog(chat: Environment, as_operator: Client) -> None:
    row = Advice.objects.get()
    Environment.objects.filter(pk=chat.pk).update(schedule=factories.schedule())
    said = words(as_operator.post(APPLY, {"advice": row.pk}, headers=HTMX))
    assert "The schedule of chat-dev was changed since this was proposed." in said
    assert as_operator.post(APPLY, {"advice": row.pk}).status_code == 302
    assert "was changed since" in words(as_operator.get(PAGE))


def test_nobody_else_may_act_and_looking_changes_nothing(chat: Environment, enter: Enter) -> None:
    row = Advice.objects.get()
    for person, status in ((factories.manager(), 403), (factories.viewer(), 403), (factories.outsider(), 404)):
        browser = enter(person)
        assert {browser.get(where).status_code for where in (APPLY, DISMISS)} == {status}
        assert {browser.post(where, {"advice": row.pk}).status_code for where in (APPLY, DISMISS, UNDO)} == {status}
    row.refresh_from_db()
    assert row.status == "open"


def test_advice_of_another_environment_is_not_acted_on(chat: Environment, as_operator: Client) -> None:
    factories.environment("other")
    row = Advice.objects.get()
    for sent in (str(row.pk), "", "9" * 30, "²"):
        assert as_operator.post("/env/other/advice/apply/", {"advice": sent}).status_code == 404


def test_the_page_takes_the_same_number_of_queries_for_one_and_for_many(
    chat: Environment, as_operator: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    tight = factories.schedule("Tight", begin_time="09:00", end_time="18:00", weekdays="mon-fri")
    used(factories.environment("busy-0", schedule=tight), 9, 18, ran=(9, 18))
    as_operator.get(PAGE)
    with CaptureQueriesContext(connection) as few:
        as_operator.get(PAGE)
    for number in range(1, 5):
        used(factories.environment(f"busy-{number}", schedule=tight), 9, 18, ran=(9, 18))
        used(factories.environment(f"long-{number}", schedule=chat.schedule))
    advice.make(now=NOW)
    with django_assert_num_queries(len(few.captured_queries)):
        assert len(as_operator.get(PAGE).context["advice"]) == 5
