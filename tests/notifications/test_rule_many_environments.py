"""The form of a rule where there are thousands of environments: short names are typed, and checked."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import reverse

from environments.models import Environment
from notifications.admin.rule_form import MOST_OFFERED
from notifications.models import Channel, Rule
from tests import factories

from .browsers import browser
from .conftest import say
from .people import room

pytestmark = pytest.mark.django_db
FORM: dict[str, Any] = {"name": "Failures", "is_on": "on", "timezone": "Asia/Seoul"}


def page(what: str, *arguments: object) -> str:
    return reverse(f"admin:notifications_rule_{what}", args=arguments)


@pytest.fixture
def many() -> int:
    """One more than are offered to choose from."""
    team = factories.team()
    names = [f"env-{number}" for number in range(MOST_OFFERED + 1)]
    Environment.objects.bulk_create(Environment(name=name, slug=name, team=team) for name in names)
    return len(names)


@pytest.fixture
def place() -> Channel:
    return room()


def asked(html: str) -> str:
    """What the field of the environments is in the page: its tag."""
    found = re.search(r'<(\w+)[^>]*name="environments"', html)
    assert found is not None
    return found[1]


def test_up_to_five_hundred_are_chosen_from_a_list_and_more_are_typed(many: int) -> None:
    operator = browser("operator")
    html = operator.get(page("add")).content.decode()
    assert asked(html) == "textarea"
    assert "One short name in each line" in html
    assert "env-250" not in html, "thousands of choices are not in the page"
    Environment.objects.get(slug="env-7").delete()
    html = operator.get(page("add")).content.decode()
    assert asked(html) == "select"
    assert "env-250" in html


def test_names_are_typed_one_in_each_line_and_stand_so_in_the_form_again(many: int, place: Channel) -> None:
    operator = browser("operator")
    fields = FORM | {"environments": " env-7\r\n\r\nenv-250 \nenv-7", "channels": [place.pk]}
    assert operator.post(page("add"), fields).status_code == 302
    rule = Rule.objects.get()
    assert rule.environments == ["env-7", "env-250"]
    assert "env-7\nenv-250</textarea>" in operator.get(page("change", rule.pk)).content.decode()


def test_a_name_that_there_is_not_is_refused_with_what_was_typed(many: int, place: Channel) -> None:
    fields = FORM | {"environments": "env-7\nenv-x", "channels": [place.pk]}
    answer = browser("operator").post(page("add"), fields)
    assert answer.context["adminform"].form.errors["environments"] == [
        "There is no environment with the short name “env-x”."
    ]
    assert "env-7\nenv-x</textarea>" in answer.content.decode()
    assert not Rule.objects.exists()


def test_what_a_rule_asks_for_may_stay_when_there_is_no_such_thing_any_more(many: int, place: Channel) -> None:
    rule = Rule.objects.create(name="Old", environments=["gone-dev"])
    fields = FORM | {"environments": "gone-dev\nenv-7", "channels": [place.pk]}
    assert browser("operator").post(page("change", rule.pk), fields).status_code == 302
    rule.refresh_from_db()
    assert rule.environments == ["gone-dev", "env-7"]


def test_the_preview_knows_what_is_typed(many: int, place: Channel) -> None:
    for name in ("env-7", "env-8"):
        say(f"{name} failed", kind="environment.failed", severity="error", labels={"environment": name})

    def previewed(typed: str) -> str:
        fields = FORM | {"environments": typed, "channels": [place.pk]}
        return str(browser("operator").post(page("preview_new"), fields).content.decode())

    assert "1 of the last 2 events" in previewed("env-7")
    assert "2 of the last 2 events" in previewed("")
    assert "There is no environment" in previewed("env-x")
