"""The pages of tickets: the board by progress, one ticket, its dialogs, and the card on the environment's page."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from environments.models import Environment, Ticket, TicketProgress, TicketRule
from environments.services import ticket_changes, tickets
from tests import factories
from tests.services.ticketing import incident, somebody, task

from .conftest import Enter

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def chat() -> Environment:
    return factories.environment()


@pytest.fixture
def manager(chat: Environment) -> User:
    return factories.manager()


def shown(answer: Any) -> str:
    assert answer.status_code == 200, answer
    return str(answer.content.decode())


def column(page: str, progress: str) -> str:
    return page.partition(f'id="tk-{progress}"')[2].partition("</section>")[0]


def opened(chat: Environment, user: User, title: str = "Raise the size", **fields: Any) -> Ticket:
    return task(chat, user, title, now=timezone.now(), **fields)


def test_each_ticket_stands_in_the_column_of_its_progress(chat: Environment, manager: User, as_manager: Client) -> None:
    for progress in TicketProgress:
        made = opened(chat, manager, f"Something {progress.value}")
        ticket_changes.move(ticket=made, user=manager, progress=progress, now=timezone.now())
    page = shown(as_manager.get("/tickets/"))
    for progress in TicketProgress:
        assert f"Something {progress.value}<" in column(page, progress)
        assert column(page, progress).count("<article") == 1


def test_what_is_done_for_more_than_two_weeks_is_on_the_board_no_more(
    chat: Environment, manager: User, as_manager: Client
) -> None:
    made = opened(chat, manager)
    ticket_changes.done(ticket=made, user=manager, now=timezone.now())
    assert "Raise the size" in shown(as_manager.get("/tickets/"))
    Ticket.objects.update(done_at=timezone.now() - timedelta(days=15))
    page = shown(as_manager.get("/tickets/"))
    assert "Raise the size" not in page
    assert "Nothing to see to." in page


def test_what_is_overdue_says_so_in_words(chat: Environment, manager: User, as_manager: Client) -> None:
    opened(chat, manager, "Late", due_on=timezone.localdate())
    opened(chat, manager, "Early", due_on=timezone.localdate() + timedelta(days=9))
    Ticket.objects.filter(title={"": "Late"}).update(due_on=timezone.localdate() - timedelta(days=1))
    page = shown(as_manager.get("/tickets/"))
    assert page.count("Overdue:") == 1
    assert page.index("Late<") < page.index("Early<")


def test_the_filters_find_mine_a_team_an_environment_a_kind_and_words(
    chat: Environment, manager: User, as_manager: Client
) -> None:
    qa = factories.environment("chat-qa")
    mine = opened(chat, manager, "Rotate the keys", assignee=manager)
    other = opened(qa, manager, "데이터베이스 확장")
    failed = incident(qa)
    wanted = {
        "who=mine": {mine},
        "environment=chat-qa": {other, failed},
        "kind=incident": {failed},
        "q=KEYS": {mine},
        "q=확장": {other},
        f"q=%23{mine.pk}": {mine},
        "q=chat-qa": {other, failed},
        f"team={chat.team_id}": {mine, other, failed},
        "team=0&kind=nonsense": {mine, other, failed},
        f"team={chat.team_id + 1}": set(),
        "q=%00": {mine, other, failed},
    }
    for query, expected in wanted.items():
        page = shown(as_manager.get(f"/tickets/?{query}"))
        assert {one for one in Ticket.objects.all() if f'id="tk-title-{one.pk}"' in page} == expected, query


def test_the_navigation_says_how_many_are_mine_and_nothing_for_none(
    chat: Environment, manager: User, as_manager: Client
) -> None:
    assert "db-nav-badge" not in shown(as_manager.get("/tickets/"))
    opened(chat, manager, assignee=manager)
    opened(chat, manager)
    assert '<span class="db-nav-badge">1</span>' in shown(as_manager.get("/"))


def test_a_card_is_moved_with_one_click_and_that_can_be_undone(
    chat: Environment, manager: User, as_manager: Client
) -> None:
    made = opened(chat, manager)
    answer = as_manager.post(f"/tickets/{made.pk}/move/", {"progress": "waiting"}, headers=HTMX)
    assert answer["HX-Trigger"] == "environmentChanged"
    assert f'hx-post="/tickets/{made.pk}/move/"' in shown(answer)
    assert '<input type="hidden" name="progress" value="open">' in shown(answer)
    as_manager.post(f"/tickets/{made.pk}/move/", {"progress": "open"}, headers=HTMX)
    made.refresh_from_db()
    assert made.progress == "open"


def test_without_scripts_a_form_leads_to_the_tickets_page(chat: Environment, manager: User, as_manager: Client) -> None:
    made = opened(chat, manager)
    answer = as_manager.post(f"/tickets/{made.pk}/take/", follow=True)
    assert answer.redirect_chain == [(f"/tickets/{made.pk}/", 302)]
    assert f"#{made.pk} is yours." in shown(answer)


def test_a_task_is_opened_in_a_dialog_about_an_environment_or_a_team(
    chat: Environment, manager: User, as_manager: Client
) -> None:
    dialog = shown(as_manager.get("/tickets/new/"))
    assert f'value="environment:{chat.pk}"' in dialog
    assert f'value="team:{chat.team_id}"' in dialog
    as_manager.post("/tickets/new/", {"scope": f"team:{chat.team_id}", "title": "Tidy up"}, headers=HTMX)
    fields = {"title": "Rotate the keys", "assignee": manager.pk, "due_on": "2027-01-31", "description": "a\r\nb"}
    as_manager.post("/tickets/new/?environment=chat-dev", fields, headers=HTMX)
    tidy, keys = Ticket.objects.order_by("pk")
    assert (tidy.environment, tidy.team, tidy.title) == (None, chat.team, {"": "Tidy up"})
    assert (keys.environment, keys.assignee, keys.due_on) == (chat, manager, date(2027, 1, 31))
    assert keys.description == {"": "a\nb"}


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"scope": "", "title": "x"}, "Choose what it is about."),
        ({"scope": "environment:999999", "title": "x"}, "Choose what it is about."),
        ({"scope": "here", "title": " "}, "Say in a few words what is to be done."),
        ({"scope": "here", "title": "x", "due_on": "2020-01-01"}, "This day is over already."),
        ({"scope": "here", "title": "x", "due_on": "soon"}, "Enter a valid date."),
    ],
)
def test_a_refused_task_is_asked_for_again_with_the_reason_and_what_was_filled_in(
    chat: Environment, as_manager: Client, fields: dict[str, str], why: str
) -> None:
    sent = fields | {"description": "as it was typed"}
    sent["scope"] = f"environment:{chat.pk}" if sent["scope"] == "here" else sent["scope"]
    dialog = shown(as_manager.post("/tickets/new/", sent, headers=HTMX))
    assert why in dialog
    assert "as it was typed" in dialog
    assert not Ticket.objects.exists()


def test_the_page_of_a_ticket_tells_all_of_it_and_makes_addresses_links(
    chat: Environment, manager: User, as_manager: Client
) -> None:
    text = "See https://example.com/a?b=1&c=2\n<script>alert(1)</script>"
    made = opened(chat, manager, description=text)
    ticket_changes.change(ticket=made, user=manager, wanted=ticket_changes.Wanted(per_cent=40), now=timezone.now())
    ticket_changes.comment(ticket=made, user=manager, text="Half of it", now=timezone.now())
    page = shown(as_manager.get(f"/tickets/{made.pk}/"))
    assert '<a href="https://example.com/a?b=1&amp;c=2" rel="nofollow">' in page
    assert "<script>alert" not in page
    assert "&lt;/script&gt;" in page
    for words in ("Half of it", 'href="/env/chat-dev/"', "Per cent: 0 → 40", 'value="40"'):
        assert words in page, words


def test_an_incident_leads_to_where_its_cause_is_seen_to_and_to_try_again_only_where_that_is(
    chat: Environment, as_manager: Client
) -> None:
    made, again = incident(chat), "with “Try again”"
    factories.operation(chat, "start", "failed")
    Environment.objects.update(state="failed_to_start")
    assert again in shown(as_manager.get(f"/tickets/{made.pk}/"))
    factories.operation(chat, "stop")
    page = shown(as_manager.get(f"/tickets/{made.pk}/"))
    assert again not in page
    assert "How it is now stands on the page of chat-dev." in page


def test_what_is_read_anew_of_a_ticket_is_sent_and_nothing_when_nothing_is(
    chat: Environment, manager: User, as_manager: Client
) -> None:
    made = opened(chat, manager)
    page = as_manager.get(f"/tickets/{made.pk}/")
    known = {"seen": page.context["seen"], "every": page.context["every"]}
    known |= {part.place: part.stamp for part in page.context["parts"].values()}
    assert as_manager.get(f"/tickets/{made.pk}/live/", known).status_code == 204
    ticket_changes.comment(ticket=made, user=manager, text="Half of it", now=timezone.now())
    assert "Half of it" in shown(as_manager.get(f"/tickets/{made.pk}/live/", known))


def test_the_board_reads_itself_anew_with_its_filters(chat: Environment, manager: User, as_manager: Client) -> None:
    opened(chat, manager)
    page = as_manager.get("/tickets/?who=mine")
    assert page.context["live_url"] == "/tickets/live/?who=mine&"
    known = {"who": "mine", "seen": page.context["seen"], "every": page.context["every"]}
    assert as_manager.get("/tickets/live/", known).status_code == 204
    opened(chat, manager, "For me", assignee=manager)
    assert "For me" in shown(as_manager.get("/tickets/live/", known))


def test_viewers_see_no_buttons_but_that_for_watching(chat: Environment, manager: User, enter: Enter) -> None:
    made = opened(chat, manager)
    browser = enter(factories.viewer())
    page, board = shown(browser.get(f"/tickets/{made.pk}/")), shown(browser.get("/tickets/"))
    for path in ("move", "take", "comment", "edit"):
        assert f"/tickets/{made.pk}/{path}/" not in page + board
    assert f"/tickets/{made.pk}/watch/" in page
    assert "/tickets/new/" not in board


def test_a_ticket_of_another_team_is_not_there(chat: Environment, manager: User, as_outsider: Client) -> None:
    made = opened(chat, manager, "Secret plans")
    assert as_outsider.get(f"/tickets/{made.pk}/").status_code == 404
    assert "Secret plans" not in shown(as_outsider.get("/tickets/"))
    assert as_outsider.get("/tickets/99999999999999999999/").status_code == 404


def test_everybody_says_for_themselves_of_which_tickets_they_hear(enter: Enter, chat: Environment) -> None:
    viewer = somebody("viewer", "Viewer")
    browser = enter(viewer)
    browser.post("/tickets/hear/", {"hears": "everything"})
    assert '<option value="everything" selected>' in shown(browser.get("/tickets/"))
    browser.post("/tickets/hear/", {"hears": "nonsense"})
    assert TicketRule.objects.get().hears == "everything"


def test_the_environments_page_has_its_open_tickets_and_opens_new_ones(
    chat: Environment, manager: User, as_manager: Client
) -> None:
    done = opened(chat, manager, "Done long ago")
    ticket_changes.done(ticket=done, user=manager, now=timezone.now())
    opened(chat, manager, "Rotate the keys")
    incident(chat)
    page = shown(as_manager.get("/env/chat-dev/"))
    part = page.partition('id="env-tickets"')[2].partition('id="env-costs"')[0]
    assert part.index("failed to start") < part.index("Rotate the keys")
    assert "Done long ago" not in part
    assert 'data-ask="/tickets/new/?environment=chat-dev"' in part


def test_the_pages_cost_as_many_queries_with_many_tickets_as_with_one(
    chat: Environment, manager: User, as_manager: Client
) -> None:
    def cost(address: str) -> int:
        as_manager.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert as_manager.get(address).status_code == 200
        return len(queries)

    def furnish(number: int) -> Ticket:
        where = factories.environment(f"chat-{number}")
        people = [somebody(f"somebody-{number}-{n}") for n in range(2)]
        for one in people:
            last = opened(where, one, f"Task of {one}", assignee=people[0])
            ticket_changes.comment(ticket=last, user=one, text=f"said by {one}", now=timezone.now())
        return last

    first = furnish(0)
    pages = ("/tickets/", "/tickets/live/", f"/tickets/{first.pk}/", "/env/chat-0/")
    few = {address: cost(address) for address in pages}
    for number in range(1, 4):
        furnish(number)
        for person in User.objects.filter(username__startswith=f"somebody-{number}"):
            ticket_changes.comment(ticket=first, user=person, text=f"said by {person}", now=timezone.now())
            opened(first.environment or chat, person, "One more", assignee=person)
    assert {address: cost(address) for address in pages} == few
    assert few["/tickets/"] <= 20, few


def test_counts_of_open_tickets_are_there_for_other_pages(chat: Environment, manager: User) -> None:
    opened(chat, manager)
    incident(chat)
    qa = factories.environment("chat-qa")
    assert tickets.open_counts([chat.pk, qa.pk]) == {chat.pk: 2}
