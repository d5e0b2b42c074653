"""The board: what needs somebody first, then what goes on, then a row for each environment; at a fixed price."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from environments.models import Environment, Favourite, Hold, HttpCheck, Interval, Tag
from tests import factories
from tests.support.times import monday

from .conftest import Enter
from .overriding import words

pytestmark = pytest.mark.django_db


def chat(name: str = "chat-dev", state: str = "running", **fields: object) -> Environment:
    made = factories.chat_app(name, f"{name}-stack")
    stands = {"state": state, "state_since": monday("09:00"), "wish": "running"} | fields
    Environment.objects.filter(pk=made.pk).update(**stands)
    made.refresh_from_db()
    return made


def board(browser: Client, query: str = "") -> str:
    return browser.get(f"/{query}").content.decode()


def row(html: str, name: str) -> str:
    return next(part for part in html.split("<li class=")[1:] if f">{name}</a>" in part).split("</li>")[0]


def names(html: str) -> list[str]:
    return re.findall(r'class="bd-name"><a[^>]*>([^<]+)<', html)


def seen(browser: Client, **instead: str) -> str:
    """The address that an open board asks for what reads anew."""
    html = board(browser)
    rows = ",".join(re.findall(r'data-row="([^"]+)"', html))
    had = {"rows": rows} | {part: re.findall(rf'data-{part}="([^"]+)"', html)[0] for part in ("lines", "tiles")}
    return "/board/live/?" + "&".join(f"{name}={value}" for name, value in (had | instead).items())


def starting(name: str) -> None:
    """An environment that comes up, with its past starts."""
    made = chat(name, "starting")
    for days in (1, 2):
        factories.operation(made, at=timezone.now() - timedelta(days=days))
    operation = factories.operation(made, status="running")
    for position in range(3):
        factories.step(operation, "wait", "running", position=position, detail={"en": "coming up"})


def test_the_board_and_its_renewal_cost_the_same_for_five_environments_and_for_thirty(as_manager: Client) -> None:
    def cost(address: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert as_manager.get(address).status_code in {200, 204}
        return len(queries)

    def one_more(number: int) -> None:
        starting(f"env-{number}")
        held = chat(f"held-{number}", "failed_to_start")
        held.tags.add(Tag.objects.get_or_create(name="demo")[0])
        factories.hold(held, author=factories.operator())
        HttpCheck.objects.create(environment=held, name="API", url="https://a.example", state="down")

    for number in range(3):
        one_more(number)
    few = cost("/"), cost(seen(as_manager, lines="old"))
    for number in range(3, 15):
        one_more(number)
    assert Environment.objects.count() == 30
    assert (cost("/"), cost(seen(as_manager, lines="old"))) == few


NEEDS: dict[str, tuple[dict[str, Any], str, str]] = {
    "failed": ({"state": "failed_to_start", "state_reason": {"en": "No capacity."}}, "No capacity.", "ask/retry/"),
    "late": ({"next_transition_at": monday("09:30")}, "has not begun", "/env/chat-dev/"),
    "changed": (
        {"drift_since": monday("09:40"), "wish": "stopped", "state": "stopped"},
        "09:40 (Asia/Seoul)",
        "Review",
    ),
}


@pytest.mark.parametrize("case", NEEDS)
def test_what_needs_somebody_is_said_with_since_when_and_the_next_step(case: str, as_manager: Client) -> None:
    fields, said, step = NEEDS[case]
    chat(**fields)
    html = board(as_manager)
    lines = html.split('id="board-lines"')[1].split("</section>")[0]
    assert said in words(lines)
    assert step in lines
    assert "since 09:" in words(lines)
    assert names(board(as_manager, "?only=attention")) == ["chat-dev"]


def test_holds_that_nobody_ends_are_to_be_released_and_those_that_end_soon_to_be_kept_on(as_manager: Client) -> None:
    factories.hold(chat("for-ever"), until=None)
    factories.hold(chat("until-soon"), until=monday("10:40"))
    factories.hold(chat("until-night"), until=monday("22:00"))
    lines = board(as_manager).split('id="board-lines"')[1].split("</section>")[0]
    assert "/env/for-ever/ask/release/" in lines
    assert "/env/until-soon/ask/keep/" in lines
    assert "until-night" not in lines


def test_an_operation_is_late_after_twice_its_usual_time_and_not_before(as_manager: Client) -> None:
    for name, since in (("slow", "09:40"), ("usual", "09:52")):
        made = chat(name, "starting", state_since=monday(since))
        past = monday("09:00") - timedelta(days=1)
        factories.operation(made, at=past, started_at=past, finished_at=past + timedelta(minutes=6))
        factories.operation(made, status="running", started_at=monday(since))
    lines = words(board(as_manager).split('id="board-lines"')[1].split("</section>")[0])
    assert "Starting for 20 min; it usually takes 6 min." in lines
    assert "usual Starting" not in lines


def test_at_most_six_lines_and_the_number_of_the_others(as_manager: Client) -> None:
    for number in range(8):
        chat(f"broken-{number}", "failed_to_start")
    html = board(as_manager)
    assert html.split('id="board-lines"')[1].split("</section>")[0].count("db-banner-failed") == 6
    assert "2 more need somebody" in html


def test_figures_say_what_runs_what_people_keep_on_and_what_comes_next(as_manager: Client) -> None:
    chat("one", next_transition_at=monday("18:00"))
    chat("two", "failed_to_stop")
    chat("by-hand", wish="stopped")
    factories.hold(chat("held"))
    starting("three")
    tiles = words(board(as_manager).split('id="board-tiles"')[1].split("</dl>")[0])
    assert "3 of 5" in tiles
    assert "1 under way, 1 failed" in tiles
    assert "1 held on" in tiles
    assert "1 on against its plan" in tiles
    assert "stops 18:00 (Asia/Seoul)" in tiles


def test_what_is_held_within_its_plan_is_not_called_against_it(as_manager: Client) -> None:
    factories.hold(chat(), until=monday("12:00"))
    tiles = words(board(as_manager).split('id="board-tiles"')[1].split("</dl>")[0])
    assert "1 held on" in tiles
    assert "against its plan" not in tiles


@pytest.mark.parametrize(
    ("until", "told"),
    [
        ("12:00", "until 12:00 · operator, then by its plan until 18:00"),
        ("18:00", "until 18:00 · operator"),
        ("22:00", "until 22:00 · operator"),
    ],
)
def test_a_row_says_until_when_the_hold_lasts_and_what_the_plan_does_then(
    until: str, told: str, as_manager: Client
) -> None:
    factories.hold(chat(), until=monday(until), author=factories.operator())
    assert f">{told}</p>" in row(board(as_manager), "chat-dev")
    asked = words(as_manager.get("/env/chat-dev/ask/keep/").content.decode())
    assert told.replace(" · ", ": hold by ") in asked


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        ("stopped", {"start", "off"}),
        ("running", {"stop", "keep", "off"}),
        ("failed_to_start", {"retry", "off"}),
    ],
)
def test_a_row_offers_what_can_be_done_in_dialogs(state: str, offered: set[str], as_manager: Client) -> None:
    chat(state=state)
    assert set(re.findall(r'data-ask="/env/chat-dev/ask/(\w+)/"', row(board(as_manager), "chat-dev"))) == offered


def test_the_bar_of_a_row_shows_what_was_planned_what_ran_and_what_is_held(as_manager: Client) -> None:
    here = chat()
    factories.hold(here, until=monday("22:00"))
    target = here.targets.get()
    Interval.objects.create(
        environment=here,
        target=target,
        environment_name=here.name,
        target_name=target.identifier,
        began_at=monday("09:03"),
        began_by="operation",
    )
    said = re.findall(r'aria-label="(planned[^"]*)"', unescape(row(board(as_manager), "chat-dev")))
    assert said == ["planned 09:00–10:00, held 10:00–22:00, ran 09:03–now"]


def test_a_viewer_reads_everything_and_is_offered_nothing_but_a_star(enter: Enter) -> None:
    factories.hold(chat(), until=None)
    html = board(enter(factories.viewer()))
    assert "Running, held" in row(html, "chat-dev")
    assert "data-ask" not in html
    assert "data-choose" not in html


def test_people_see_the_environments_of_their_teams_and_operators_all(
    as_manager: Client, as_outsider: Client, as_operator: Client
) -> None:
    chat()
    assert "chat-dev" in board(as_manager)
    assert "chat-dev" not in board(as_outsider)
    assert "chat-dev" in board(as_operator)


def test_only_what_reads_anew_is_sent_to_an_open_board(as_manager: Client) -> None:
    chat("quiet")
    held = chat("held")
    address = seen(as_manager)
    assert as_manager.get(address).status_code == 204
    factories.hold(held, until=monday("22:00"))
    answer = as_manager.get(address).content.decode()
    assert names(answer) == ["held"]
    assert f'hx-swap-oob="true" class="bd-row" id="row-{held.pk}"' in answer
    assert 'id="board-tiles"' in answer
    assert 'id="board-lines"' not in answer


def test_a_row_that_is_gone_leaves_an_open_board_and_foreign_ones_are_never_sent(as_outsider: Client) -> None:
    here = chat()
    answer = as_outsider.get(f"/board/live/?rows={here.pk}.0,x,9.,{'9' * 30}.1").content.decode()
    assert "chat-dev" not in answer
    assert f'id="row-{here.pk}" hx-swap-oob="delete"' in answer


FILTERS = {
    "?q=PAY": ["pay-dev"],
    "?q=demo": ["chat-b"],
    "?q=%23demo": ["chat-b"],
    "?q=chat": ["chat-a", "chat-b"],
    "?state=stopped": ["chat-b"],
    "?only=running&q=a": ["pay-dev", "chat-a"],
    "?only=favourites": ["pay-dev"],
    "": ["pay-dev", "chat-a", "chat-b"],
    "?team=x&state=y&only=z&page=77": ["pay-dev", "chat-a", "chat-b"],
    "?q=nobody": [],
}


def test_rows_are_found_by_name_team_and_tag_and_favourites_come_first(as_manager: Client) -> None:
    person = factories.manager(factories.team(), factories.team("Payments"))
    chat("chat-a")
    chat("chat-b", "stopped").tags.add(Tag.objects.create(name="demo"))
    paying = chat("pay-dev")
    Environment.objects.filter(pk=paying.pk).update(team=factories.team("Payments"))
    Favourite.objects.create(user=person, environment=paying)
    assert {query: names(board(as_manager, query)) for query in FILTERS} == FILTERS
    assert "Clear filters" in board(as_manager, "?q=nobody")


def test_thirty_rows_stand_on_a_page(as_manager: Client) -> None:
    team, schedule = factories.team(), factories.schedule()
    Environment.objects.bulk_create(
        Environment(name=f"e-{n:02}", slug=f"e-{n:02}", team=team, schedule=schedule) for n in range(32)
    )
    first = board(as_manager)
    assert len(names(first)) == 30
    assert "1–30 of 32" in first
    assert names(board(as_manager, "?page=2")) == ["e-30", "e-31"]


def test_a_star_is_ones_own_and_pressing_it_twice_does_nothing_more(enter: Enter) -> None:
    here = chat()
    viewer = factories.viewer()
    for wished, count in (("1", 1), ("1", 1), ("0", 0)):
        enter(viewer).post("/env/chat-dev/star/", {"wished": wished})
        assert Favourite.objects.filter(user=viewer, environment=here).count() == count
    assert not Hold.objects.exists()
