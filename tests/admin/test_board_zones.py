"""Times on the board: the zone stands beside each in the text, and who chose a clock of their own reads theirs too."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from environments.models import Environment
from portal.models import Preference
from tests import factories
from tests.support.times import monday

from .conftest import Enter
from .overriding import MONDAY, made, words

pytestmark = pytest.mark.django_db

ASK = "/env/chat-dev/ask/{}/"
BERLIN = "Europe/Berlin"


@pytest.fixture
def here(db: None) -> Environment:
    """It runs, as planned, until 18:00 in Seoul, which is 10:00 in Berlin."""
    found = factories.chat_app()
    Environment.objects.filter(pk=found.pk).update(
        state="running", wish="running", judged_at=monday("09:00"), next_transition_at=monday("18:00")
    )
    found.refresh_from_db()
    return found


@pytest.fixture
def in_berlin(enter: Enter, db: None) -> Client:
    """A manager who reads from Berlin."""
    reader = factories.manager()
    Preference.objects.create(user=reader, timezone=BERLIN)
    return enter(reader)


def text(browser: Client, address: str) -> str:
    """What is read there without hovering: no attribute counts."""
    return words(browser.get(address).content.decode().split("<main")[-1])


def part(browser: Client, opening: str, closing: str, address: str = "/") -> str:
    return words(browser.get(address).content.decode().split(opening)[1].split(closing)[0])


def test_a_row_names_its_zone_in_words_and_its_next_change_by_the_clock_of_the_reader(
    here: Environment, as_operator: Client, in_berlin: Client
) -> None:
    row = f'id="row-{here.pk}"'
    theirs = part(as_operator, row, "</li>")
    assert "Asia/Seoul" in theirs
    assert "stops 18:00" in theirs
    assert BERLIN not in theirs
    assert "stops 18:00 = 10:00 Europe/Berlin" in part(in_berlin, row, "</li>")


def test_a_row_as_one_reader_has_it_is_not_shown_to_another(
    here: Environment, as_operator: Client, in_berlin: Client
) -> None:
    """Rows are kept as drawn, whoever asks."""
    for _turn in range(2):
        assert BERLIN in part(in_berlin, f'id="row-{here.pk}"', "</li>")
        assert BERLIN not in part(as_operator, f'id="row-{here.pk}"', "</li>")


def test_what_ends_soon_names_the_zone_and_both_clocks(here: Environment, in_berlin: Client) -> None:
    made(here, "stop", MONDAY, minute=10 * 60 + 45)
    Environment.objects.filter(pk=here.pk).update(next_transition_at=monday("10:45"))
    lines = part(in_berlin, 'id="board-lines"', "</section>")
    assert "until 10:45" in lines
    assert "(Asia/Seoul) = 02:45 Europe/Berlin" in lines


def test_what_needs_somebody_since_a_time_says_both_clocks(here: Environment, in_berlin: Client) -> None:
    Environment.objects.filter(pk=here.pk).update(
        state="failed_to_stop", state_since=monday("09:12"), state_reason={"en": "Denied."}
    )
    lines = part(in_berlin, 'id="board-lines"', "</section>")
    assert "since 09:12 (Asia/Seoul) = 01:12 Europe/Berlin" in lines


def test_the_next_change_is_said_by_both_clocks(here: Environment, in_berlin: Client) -> None:
    assert "stops 18:00 (Asia/Seoul) = 10:00 Europe/Berlin" in part(in_berlin, 'id="board-tiles"', "</dl>")


MOMENT = ('id="board-moment"', "</p>")


def test_the_head_has_the_readers_clock_and_beside_it_that_of_the_rows(here: Environment, in_berlin: Client) -> None:
    assert "02:00 (Europe/Berlin) = 10:00 Asia/Seoul ·" in part(in_berlin, *MOMENT)


def test_the_head_has_the_clock_of_the_environments_where_they_share_one_never_the_servers(
    here: Environment, as_operator: Client
) -> None:
    assert "10:00 (Asia/Seoul) ·" in part(as_operator, *MOMENT)


@pytest.mark.parametrize("other", ["America/New_York", "Asia/Atlantis"])
def test_the_head_has_the_portals_clock_where_environments_live_by_several_or_by_one_that_is_not_known(
    here: Environment, as_operator: Client, other: str
) -> None:
    factories.chat_app("chat-qa", "QaStack")
    zones = {"chat-dev": "Asia/Seoul" if other == "America/New_York" else other, "chat-qa": other}
    for name, zone in zones.items():
        Environment.objects.filter(name=name).update(timezone=zone)
    assert "01:00 (UTC) ·" in part(as_operator, *MOMENT)


def test_what_a_row_alone_is_renewed_for_does_not_change_the_clock_of_the_head(
    here: Environment, as_operator: Client
) -> None:
    other = factories.chat_app("chat-qa", "QaStack")
    Environment.objects.filter(pk=other.pk).update(timezone="America/New_York")
    answer = as_operator.get(f"/board/live/?rows={here.pk}.0").content.decode()
    assert "01:00 (UTC)" in words(answer)


DIALOGS = {
    "keep": ["Asia/Seoul = 10:00 Europe/Berlin", "until 19:00 (= 11:00 Europe/Berlin)"],
    "stop": ["Asia/Seoul = 10:00 Europe/Berlin", "planned change: 18:00 (= 10:00 Europe/Berlin)"],
    "off": ["Asia/Seoul, now 10:00 = 02:00 Europe/Berlin", "09:00–18:00 = planned 01:00–10:00 Europe/Berlin"],
}


@pytest.mark.parametrize("verb", DIALOGS)
def test_a_dialog_says_both_clocks_to_who_chose_one_and_the_zone_to_everybody(
    verb: str, here: Environment, in_berlin: Client, as_operator: Client
) -> None:
    theirs = text(in_berlin, ASK.format(verb))
    for said in DIALOGS[verb]:
        assert said in theirs
    others = text(as_operator, ASK.format(verb))
    assert "Asia/Seoul" in others
    assert BERLIN not in others


def test_what_is_kept_on_until_the_evening_is_offered_by_both_clocks_and_said_so_afterwards(
    here: Environment, in_berlin: Client
) -> None:
    assert "until 22:00 (= 14:00 Europe/Berlin)" in text(in_berlin, ASK.format("keep"))
    answer = in_berlin.post(
        ASK.format("keep"), {"choice": "at:2026-11-23T22:00"}, headers={"HX-Request": "true"}
    ).content.decode()
    assert "kept running until 22:00 (Asia/Seoul) = 14:00 Europe/Berlin." in words(answer)


def test_releasing_says_in_which_zone_the_hold_would_have_ended(here: Environment, in_berlin: Client) -> None:
    factories.hold(here, until=monday("22:00"))
    asked = text(in_berlin, ASK.format("release"))
    assert "until 22:00" in asked
    assert "Asia/Seoul = 14:00 Europe/Berlin" in asked


FORECASTS = {
    "stop": "By its plan: stops 18:00. Asia/Seoul = 10:00 Europe/Berlin",
    "keep": "With 1 hour more it runs until 19:00. Asia/Seoul = 11:00 Europe/Berlin",
    "off": "Off all day. It runs now: if the day were today, it would stop at once. Asia/Seoul",
}


@pytest.mark.parametrize("verb", FORECASTS)
def test_what_will_happen_to_several_names_the_zone_of_each(verb: str, here: Environment, in_berlin: Client) -> None:
    assert FORECASTS[verb] in text(in_berlin, f"/board/many/?do={verb}&env={here.pk}")


def test_releasing_several_says_what_would_be_without_the_hold_by_both_clocks(
    here: Environment, in_berlin: Client
) -> None:
    factories.hold(here, until=monday("22:00"))
    asked = text(in_berlin, f"/board/many/?do=release&env={here.pk}")
    assert "Without it: running until 18:00" in asked
    assert "Asia/Seoul = 10:00 Europe/Berlin" in asked


def test_no_zone_of_a_time_is_left_to_a_tooltip(here: Environment, as_manager: Client) -> None:
    html = as_manager.get("/").content.decode()
    assert not re.findall(r'title="[^"]*Asia/Seoul', html)
