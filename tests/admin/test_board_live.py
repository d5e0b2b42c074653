"""An open board under its filters: rows come and go by themselves, and nothing is sent that reads as before."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from environments.models import Environment, Favourite, Tag
from environments.services import boards
from tests import factories
from tests.support.times import monday

from .overriding import words

pytestmark = pytest.mark.django_db


def chat(name: str, state: str = "running") -> Environment:
    made = factories.chat_app(name, f"{name}-stack")
    Environment.objects.filter(pk=made.pk).update(state=state, state_since=monday("09:00"), wish="running")
    made.refresh_from_db()
    return made


class OpenBoard:
    """A browser that has the board open under an address, and asks for what reads anew as its script does."""

    def __init__(self, browser: Client, query: str = "") -> None:
        self.browser, self.query = browser, query
        self.html = browser.get(f"/?{query}").content.decode()

    def names(self) -> list[str]:
        return names(self.html)

    def address(self) -> str:
        had = {"rows": ",".join(re.findall(r'data-row="([^"]+)"', self.html))}
        had |= {part: re.findall(rf'data-{part}="([^"]+)"', self.html)[0] for part in ("list", "lines", "tiles")}
        return f"/board/live/?{self.query}&{urlencode(had)}"

    def look(self) -> str:
        """What is sent; empty when nothing reads anew."""
        answer = self.browser.get(self.address())
        assert answer.status_code in {200, 204}
        return answer.content.decode()


def names(html: str) -> list[str]:
    return [unescape(name) for name in re.findall(r'class="bd-name"><a[^>]*>([^<]+)<', html)]


def sends_a_list(answer: str) -> bool:
    return bool(re.search(r'id="board-list"[^>]* hx-swap-oob="true"', answer))


def test_a_row_that_the_filter_no_longer_fits_leaves_and_one_that_it_fits_now_comes(as_manager: Client) -> None:
    going, coming = chat("going"), chat("coming", "stopped")
    chat("staying")
    board = OpenBoard(as_manager, "only=running")
    assert board.names() == ["going", "staying"]
    assert board.look() == ""
    Environment.objects.filter(pk=going.pk).update(state="stopping")
    Environment.objects.filter(pk=coming.pk).update(state="running")
    answer = board.look()
    assert sends_a_list(answer)
    assert names(answer) == ["coming", "staying"]


def test_a_new_environment_appears_and_a_deleted_one_goes_without_a_reload(as_manager: Client) -> None:
    old = chat("old")
    board = OpenBoard(as_manager)
    chat("brand-new")
    old.delete()
    assert names(board.look()) == ["brand-new"]


def test_what_is_looked_for_comes_into_a_list_that_had_found_nothing(as_manager: Client) -> None:
    chat("chat-dev")
    board = OpenBoard(as_manager, "q=demo")
    assert "Nothing found" in board.html
    assert board.look() == ""
    chat("chat-demo").tags.add(Tag.objects.create(name="shop"))
    assert names(board.look()) == ["chat-demo"]


def test_the_last_row_that_leaves_says_that_nothing_is_found(as_manager: Client) -> None:
    only = chat("only-one")
    board = OpenBoard(as_manager, "state=running")
    Environment.objects.filter(pk=only.pk).update(state="stopped")
    assert "Nothing found" in words(board.look())


def test_what_needs_somebody_no_more_leaves_the_list_of_attention(as_manager: Client) -> None:
    broken = chat("broken", "failed_to_start")
    chat("fine")
    board = OpenBoard(as_manager, "only=attention")
    assert board.names() == ["broken"]
    Environment.objects.filter(pk=broken.pk).update(state="running")
    assert sends_a_list(board.look())


def test_a_new_favourite_moves_to_the_top(as_manager: Client) -> None:
    chat("aaa")
    last = chat("zzz")
    board = OpenBoard(as_manager)
    Favourite.objects.create(user=factories.manager(), environment=last)
    assert names(board.look()) == ["zzz", "aaa"]


def test_while_the_same_rows_stand_there_only_the_one_that_reads_anew_is_sent(as_manager: Client) -> None:
    chat("quiet")
    held = chat("held")
    board = OpenBoard(as_manager, "only=running")
    factories.hold(held, until=monday("22:00"))
    answer = board.look()
    assert not sends_a_list(answer)
    assert names(answer) == ["held"]


def _many(count: int, begin: int = 0) -> None:
    team, schedule = factories.team(), factories.schedule()
    Environment.objects.bulk_create(
        Environment(name=f"e-{n:03}", slug=f"e-{n:03}", team=team, schedule=schedule)
        for n in range(begin, begin + count)
    )


def test_a_page_gains_no_row_beyond_its_thirty_and_says_the_new_number(as_manager: Client) -> None:
    _many(32)
    board = OpenBoard(as_manager)
    _many(1, begin=60)
    answer = board.look()
    assert len(names(answer)) == boards.PAGE
    assert "1–30 of 33" in words(answer)


def test_a_page_that_is_no_more_shows_the_last_there_is(as_manager: Client) -> None:
    _many(32)
    board = OpenBoard(as_manager, "page=2")
    assert board.names() == ["e-030", "e-031"]
    Environment.objects.filter(name__in=["e-030", "e-031"]).delete()
    assert names(board.look())[-1] == "e-029"


def test_rows_of_other_teams_never_come(as_outsider: Client) -> None:
    factories.chat_app("pay-dev", "PayStack", team=factories.team("Payments"))
    board = OpenBoard(as_outsider)
    chat("chat-dev")
    assert board.names() == ["pay-dev"]
    assert board.look() == ""


def test_a_filter_that_makes_no_sense_filters_nothing_and_breaks_nothing(as_manager: Client) -> None:
    chat("chat-dev")
    assert OpenBoard(as_manager, "team=x&state=y&only=z&page=77&q=").look() == ""


def test_a_look_costs_the_same_for_three_rows_and_for_thirty_under_every_filter(as_manager: Client) -> None:
    def cost(query: str, *, moved: bool) -> int:
        board = OpenBoard(as_manager, query)
        address = board.address().replace("list=", "list=x" if moved else "list=")
        with CaptureQueriesContext(connection) as queries:
            assert as_manager.get(address).status_code == (200 if moved else 204)
        return len(queries)

    def costs() -> list[int]:
        filters = ("", "only=running", "only=attention", "q=chat", "state=running")
        return [cost(query, moved=moved) for query in filters for moved in (False, True)]

    def more(numbers: range) -> None:
        for number in numbers:
            chat(f"chat-{number}")
            factories.hold(chat(f"chat-held-{number}"), until=None)
            chat(f"chat-broken-{number}", "failed_to_start")

    more(range(1))
    few = costs()
    more(range(1, 10))
    assert Environment.objects.count() == 30
    assert costs() == few
