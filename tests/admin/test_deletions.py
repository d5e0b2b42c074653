"""What somebody is asked before they delete something: in words, and in the order of their language."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.test import Client

from environments.models import Team
from tests import factories

pytestmark = pytest.mark.django_db


def asked(browser: Client, address: str, language: str = "en") -> str:
    answer = browser.get(address, headers={"Accept-Language": language})
    assert answer.status_code == 200
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.content.decode().split('id="content"')[1])).split())


def test_of_a_team_its_members_are_named(as_administrator: Client) -> None:
    team = factories.team("Payments")
    for name in ("kim", "lee"):
        team.members.add(factories.person(name, "Viewer"))
    text = asked(as_administrator, f"/environments/team/{team.pk}/delete/")
    assert "Members: Payments → kim" in text
    assert "Members: Payments → lee" in text
    assert "Members: 2" in text
    assert "object (" not in text
    assert "relationship" not in text


def test_of_a_person_their_teams_and_roles_are_named_in_korean_too(as_administrator: Client) -> None:
    kim = factories.person("kim", "Viewer", factories.team("Payments"))
    text = asked(as_administrator, f"/auth/user/{kim.pk}/delete/", "ko")
    assert "Payments → kim" in text
    assert "kim → Viewer" in text
    assert "object (" not in text


def test_several_at_once_are_asked_for_in_the_same_words(as_administrator: Client) -> None:
    teams = [factories.team(name) for name in ("Payments", "Search")]
    for team in teams:
        team.members.add(factories.administrator())
    sent = {"action": "delete_selected", "_selected_action": [str(team.pk) for team in teams]}
    text = as_administrator.post("/environments/team/", sent, headers={"Accept-Language": "en"}).content.decode()
    assert "Members: Payments → administrator" in text
    assert "object (" not in text


def test_what_was_said_of_it_changes_nothing_of_the_deletion(as_administrator: Client) -> None:
    kim = factories.person("kim", "Viewer", factories.team("Payments"))
    as_administrator.post(f"/auth/user/{kim.pk}/delete/", {"post": "yes"})
    assert not User.objects.filter(pk=kim.pk).exists()
    assert not Team.objects.get(name="Payments").members.exists()


@pytest.mark.parametrize(("language", "words"), [("en", "Delete team"), ("ko", "팀 삭제")])
def test_the_button_that_deletes_says_what_in_the_order_of_the_language(
    as_administrator: Client, language: str, words: str
) -> None:
    team = factories.team("Payments")
    assert words in asked(as_administrator, f"/environments/team/{team.pk}/change/", language)
