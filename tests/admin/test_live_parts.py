"""An environment's page that is open: it shows what others do without a reload, and nothing moves when nothing did."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from environments.admin.live import fingerprint
from environments.models import DayException, Environment, Operation, Target, Wish
from environments.services import exceptions, feeds, history, holds, pauses
from environments.services.exceptions import Wanted
from environments.services.maintenance_windows import FACTS
from tests import factories
from tests.support.times import monday, on

from .asking import Open, brought
from .conftest import Enter

pytestmark = pytest.mark.django_db


@pytest.fixture
def chat() -> Environment:
    made = factories.chat_app()
    Environment.objects.update(state="running", wish="running")
    made.refresh_from_db()
    return made


def pause(environment: Environment) -> None:
    """As somebody else does, on another page or in the chat."""
    pauses.place(
        environment=environment, until=on("friday", "00:00"), reason="load test", author=factories.operator(), now=NOW
    )


def day_off(environment: Environment, day: int = 25) -> list[DayException]:
    wanted = Wanted("off", date(2026, 11, day), date(2026, 11, day), None, "outing")
    return exceptions.place(scope=environment, wanted=wanted, author=factories.operator(), now=NOW)


NOW = monday("10:00")


def test_what_reads_as_it_did_is_not_sent_again(as_manager: Client, chat: Environment) -> None:
    page = Open(as_manager)
    assert page.ask().status_code == 204
    Environment.objects.update(state="stopping")
    again = page.ask()
    assert "Stopping" in again.content.decode()
    assert brought(again) == set()
    assert page.ask().status_code == 204


def test_a_countdown_and_a_form_s_secret_do_not_make_the_part_read_anew() -> None:
    shown = '<time data-until="x" data-counts>8 h</time><input name="csrfmiddlewaretoken" value="a">Running'
    later = shown.replace("8 h", "7 h 59 min").replace('value="a"', 'value="b"')
    assert fingerprint(shown) == fingerprint(later)
    assert fingerprint(shown) != fingerprint(shown.replace("Running", "Stopped"))


def test_what_gets_under_way_or_is_over_is_told_to_the_other_parts_of_the_page(
    as_manager: Client, chat: Environment
) -> None:
    factories.operation(chat, at=NOW - timedelta(days=1))
    page = Open(as_manager)
    factories.operation(chat, status="running")
    begun = page.ask()
    assert begun.headers["HX-Trigger"] == "liveSettled"
    assert {"live-beside", "live-below"} <= brought(begun)  # there is a newer operation above the list


def test_a_pause_that_somebody_else_set_appears_and_goes_again_with_the_button_that_sets_one(
    as_manager: Client, chat: Environment
) -> None:
    page = Open(as_manager)
    pause(chat)
    paused = page.ask()
    html = paused.content.decode()
    assert {"env-standing", "env-changes", "env-schedule"} <= brought(paused)
    assert "load test" in html.split('id="env-standing"')[1].split('id="env-')[0]
    assert "dialog-pause" not in html
    assert paused.headers["HX-Trigger"] == "liveSettled"  # the week reads itself anew
    pauses.resume(environment=chat, author=factories.operator(), now=NOW)
    resumed = page.ask().content.decode()
    assert "/resume/" not in resumed
    assert "dialog-pause" in resumed


def test_an_exception_that_somebody_else_sets_or_removes_appears_with_its_change(
    as_manager: Client, chat: Environment
) -> None:
    page = Open(as_manager)
    made = day_off(chat)
    placed = page.ask()
    assert {"env-exceptions", "env-changes"} <= brought(placed)
    assert "outing" in placed.content.decode().split('id="env-exceptions"')[1].split('id="env-changes"')[0]
    exceptions.remove(exceptions=made, author=factories.operator(), now=NOW)
    assert "Ended in the last 14 days" in page.ask().content.decode()


def test_an_exception_of_the_team_or_of_the_schedule_appears_too(as_manager: Client, chat: Environment) -> None:
    for day, scope in enumerate((chat.team, chat.schedule), start=25):
        page = Open(as_manager)
        day_off(scope, day)  # type: ignore[arg-type]
        assert "env-exceptions" in brought(page.ask())


def test_what_was_placed_and_removed_between_two_looks_is_told_too(as_manager: Client, chat: Environment) -> None:
    page = Open(as_manager)
    exceptions.remove(exceptions=day_off(chat), author=factories.operator(), now=NOW)
    assert "Ended in the last 14 days" in page.ask().content.decode()


def test_what_the_form_of_an_exception_holds_is_never_sent_anew(as_manager: Client, chat: Environment) -> None:
    page = Open(as_manager)
    day_off(chat)
    assert "exc-form" in as_manager.get("/env/chat-dev/").content.decode()
    assert "exc-form" not in page.ask().content.decode()


def test_what_it_needs_and_what_needs_it_is_told_with_what_these_do(as_manager: Client, chat: Environment) -> None:
    db, web = factories.environment("shared-db", state="stopped"), factories.environment("web", state="running")
    page = Open(as_manager)
    chat.needs.add(db)
    assert "shared-db" in page.ask().content.decode()
    Environment.objects.filter(pk=db.pk).update(state="starting")
    starting = page.ask()
    assert brought(starting) == {"env-needs"}
    assert "Starting" in starting.content.decode()
    web.needs.add(chat)
    assert "Needed by" in page.ask().content.decode()
    assert page.ask().status_code == 204


def test_a_target_that_somebody_else_adds_or_removes_and_what_aws_says_of_one_is_told(
    as_manager: Client, chat: Environment
) -> None:
    page = Open(as_manager)
    added = factories.stack(chat, "AnotherStack")
    answer = page.ask()
    assert "env-targets" in brought(answer)
    assert "AnotherStack" in answer.content.decode()
    event = {"id": "i-1", "code": "instance-reboot", "begins": on("friday", "10:00").isoformat(), "ends": None}
    Target.objects.filter(pk=added.pk).update(memory={FACTS: {"events": [event]}})
    assert "AWS will restart i-1" in page.ask().content.decode()
    added.delete()
    assert "AnotherStack" not in page.ask().content.decode().split('id="env-targets"')[1].split("</section>")[0]


def test_a_feed_that_is_read_or_revoked_is_told_and_the_form_of_a_new_one_stays(
    as_manager: Client, chat: Environment
) -> None:
    manager = User.objects.get(username="manager")
    feed, _secret = feeds.make(scope=chat, author=manager, language="en", now=NOW)
    page = Open(as_manager)
    assert 'id="dialog-feed"' in as_manager.get("/env/chat-dev/").content.decode()
    feeds.note_reading(feed, NOW)
    read = page.ask()
    assert brought(read) == {"env-feeds"}
    assert "last read 10:00" in read.content.decode()
    assert 'id="dialog-feed"' not in read.content.decode()
    feeds.revoke(feed_id=feed.pk, user=manager, now=NOW)
    assert f"dialog-revoke-{feed.pk}" not in page.ask().content.decode()
    assert page.ask().status_code == 204


def test_a_part_that_did_not_change_stays_as_it_is_when_another_is_renewed(
    as_manager: Client, chat: Environment
) -> None:
    page = Open(as_manager)
    day_off(chat)
    answer = page.ask()
    assert answer.headers["HX-Reswap"] == "none"  # the state above is as it was: Wednesday is another day
    assert 'id="live"' not in answer.content.decode()
    assert brought(answer).isdisjoint({"live-beside", "live-below", "env-standing"})


def test_with_the_next_day_what_says_yesterday_and_tomorrow_is_said_anew(as_manager: Client, chat: Environment) -> None:
    day_off(chat, 23)
    page = Open(as_manager)
    with time_machine.travel(on("tuesday", "00:01"), tick=False):
        answer = page.ask()
        assert {"env-exceptions", "env-changes"} <= brought(answer)
        assert "None from today on" in answer.content.decode()


def test_what_somebody_opened_further_down_is_not_taken_away_by_a_renewal(
    as_manager: Client, chat: Environment
) -> None:
    for hours in range(14):
        factories.operation(chat, at=NOW - timedelta(hours=hours + 1))
    for n in range(19):
        chat.description = f"number {n}"
        with time_machine.travel(NOW - timedelta(minutes=20 - n), tick=False):
            chat.save()
    page = Open(as_manager)
    page.opened_more("listed", 5)
    page.opened_more("shown", 15)
    factories.operation(chat, status="running")
    day_off(chat)
    answer = page.ask()
    html = answer.content.decode()
    assert html.split('id="live-below"')[1].count('<details class="db-operation"') == 10
    assert "number 1 → number 2" in html
    assert page.seen["shown"] == ["30"]
    assert page.ask().status_code == 204


@pytest.mark.parametrize(
    "sent", ["listed=-1", "listed=9999", "listed=x&shown=y", "shown=99999999999999999999", "shown=²"]
)
def test_a_length_that_nobody_could_have_opened_is_answered_with_a_page(
    as_manager: Client, chat: Environment, sent: str
) -> None:
    assert as_manager.get(f"/env/chat-dev/live/?{sent}").status_code == 200


def test_a_look_costs_as_many_queries_whatever_there_is_and_renders_only_what_changed(
    as_manager: Client, chat: Environment
) -> None:
    def look(page: Open) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert page.ask().status_code == 204
        return len(queries)

    day_off(chat, 24)
    chat.needs.add(factories.environment("needed"))
    holds.place(environment=chat, desired=Wish.RUNNING, until=monday("22:00"), author=factories.operator(), now=NOW)
    few = look(Open(as_manager))
    for day in range(25, 30):
        day_off(chat, day)
    for n in range(9):
        chat.description = f"number {n}"
        chat.save()
        factories.stack(chat, f"Stack{n}")
        chat.needs.add(factories.environment(f"needed-{n}"))
        feeds.make(scope=chat, author=User.objects.get(username="manager"), language="en", now=NOW)
    assert look(Open(as_manager)) == few


def test_the_mark_of_a_history_moves_with_each_change_there_and_with_none_elsewhere(chat: Environment) -> None:
    def mark() -> str:
        return history.mark(history.of_environment(chat))

    marks = [mark()]
    other = factories.environment("other", team=factories.team("Payments"))
    day_off(other)
    assert mark() == marks[0]
    pause(chat)
    marks.append(mark())
    pauses.resume(environment=chat, author=factories.operator(), now=NOW)
    marks.append(mark())
    assert chat.schedule is not None
    chat.schedule.periods.update_or_create(defaults={"end_time": "20:00"})
    marks.append(mark())
    assert len(set(marks)) == 4


def test_who_may_only_look_is_shown_what_others_do_without_their_buttons(enter: Enter, chat: Environment) -> None:
    page = Open(enter(factories.viewer()))
    pause(chat)
    day_off(chat)
    html = page.ask().content.decode()
    assert "load test" in html
    assert "outing" in html
    assert "<form" not in html


def test_the_live_part_of_a_page_that_was_open_before_the_first_operation_brings_it(
    as_manager: Client, chat: Environment
) -> None:
    page = Open(as_manager)
    factories.operation(chat, at=timezone.now())
    assert Operation.objects.count() == 1
    assert "live-beside" in brought(page.ask())
