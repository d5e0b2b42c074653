"""Monthly reports: what they say, when they are made, and that their figures stay as they were."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from environments.models import Advice, Budget, DayException, Environment, MonthlyReport, ReportMail
from environments.services import cost_days, report_words, reports
from environments.services.report_figures import figures
from tests import factories
from tests.services import costing

pytestmark = pytest.mark.django_db
NOVEMBER = date(2026, 11, 1)
# The month is over in Seoul, and in UTC nine hours later.
OVER = datetime(2026, 11, 30, 15, 0, tzinfo=UTC)
SOON = OVER + timedelta(minutes=5)


def chat(name: str = "chat-dev") -> Environment:
    """Ten cents an hour; it ran for a hundred hours in November and for fifty in October."""
    made = factories.environment(name)
    target = costing.target(made, name)
    costing.price(target, valid_from=date(2026, 10, 1))
    for begin, long in ((datetime(2026, 10, 5, tzinfo=UTC), 50), (datetime(2026, 11, 9, tzinfo=UTC), 100)):
        costing.ran(target, begin, begin + timedelta(hours=long))
    return made


def counted(*made: Environment, now: datetime = OVER) -> None:
    cost_days.rebuild(environments=[one.pk for one in made], first=date(2026, 10, 1), last=None, now=now)


def reader(name: str = "manager", address: str = "manager@example.com") -> User:
    factories.manager() if name == "manager" else factories.viewer()
    User.objects.filter(username=name).update(email=address)
    return User.objects.get(username=name)


def report() -> report_words.Shown:
    return report_words.shown(MonthlyReport.objects.get())


def test_a_report_says_what_a_month_cost_and_saved_and_what_the_month_before_cost() -> None:
    counted(chat())
    assert reports.make_due(now=SOON) == 1
    (found,) = report().sums
    assert (found.estimate, found.always_on, found.saved, found.share) == ("$10.00", "$72.00", "$62.00", "86%")
    assert found.before == "+100.0% against October 2026 ($5.00)"
    assert (report().ran, report().ran_before) == ("100 h", "October 2026: 50 h")
    assert [(line.name, line.part, line.whole) for line in found.lines] == [("chat-dev", 14, 100)]
    assert report_words.subject(report()) == "Chat, November 2026: $10.00, saved $62.00 (86%)"


def test_it_is_made_when_the_month_is_over_where_the_environments_are() -> None:
    seoul = chat()
    counted(seoul, now=OVER - timedelta(minutes=1))
    assert reports.make_due(now=OVER - timedelta(minutes=1)) == 0
    west = factories.environment("west", timezone="America/Los_Angeles")
    counted(seoul)
    assert reports.make_due(now=SOON) == 0
    west.delete()
    assert reports.make_due(now=SOON) == 1
    assert MonthlyReport.objects.get().month == NOVEMBER


def test_it_waits_for_days_that_are_not_counted_yet_but_not_for_ever() -> None:
    counted(chat(), now=OVER - timedelta(hours=1))  # the last day has not been closed since
    assert reports.make_due(now=SOON) == 0
    assert reports.make_due(now=OVER + reports.PATIENCE) == 1


def test_a_report_is_made_once_and_its_figures_stay_as_they_were() -> None:
    made = chat()
    counted(made)
    reader()
    reports.make_due(now=SOON)
    costing.price(made.targets.get(), "9", "late", valid_from=date(2026, 11, 1))
    counted(made, now=SOON)
    assert reports.make_due(now=SOON + timedelta(hours=1)) == 0
    assert report().sums[0].estimate == "$10.00"
    assert ReportMail.objects.count() == 1


def test_a_team_of_which_nothing_is_known_has_no_report() -> None:
    factories.environment()
    assert reports.make_due(now=SOON) == 0


def test_its_people_who_may_read_it_and_have_an_address_get_a_mail_each() -> None:
    counted(chat())
    reader()
    reader("viewer", "")
    factories.outsider()
    User.objects.filter(username="outsider").update(email="outsider@example.com")
    left = User.objects.create(username="left", email="left@example.com", is_active=False)
    roleless = User.objects.create(username="roleless", email="roleless@example.com")
    factories.team().members.add(left, roleless)
    reports.make_due(now=SOON)
    assert [mail.reader.username for mail in ReportMail.objects.all()] == ["manager"]


def test_it_says_who_extended_and_who_changed_days() -> None:
    made, author = chat(), reader()
    counted(made)
    evening = datetime(2026, 11, 10, 9, tzinfo=UTC)
    for days in (0, 1):
        begin = evening + timedelta(days=days)
        factories.hold(
            made, author=author, starts_at=begin, until=begin + timedelta(hours=2), ended_at=begin + timedelta(hours=2)
        )
    DayException.objects.create(
        environment=made, day=date(2026, 11, 14), kind="on", reason="demo", author=author, created_at=evening
    )
    reports.make_due(now=SOON)
    assert [(one.name, one.holds, one.kept_on, one.days) for one in report().people] == [("manager", 2, "4 h", 1)]


def test_currencies_stand_apart() -> None:
    made = chat()
    costing.price(made.targets.get(), "100", "licence", currency="KRW", valid_from=date(2026, 11, 1))
    counted(made)
    reports.make_due(now=SOON)
    assert [(one.currency, one.estimate) for one in report().sums] == [("KRW", "₩10,000"), ("USD", "$10.00")]
    assert report().sums[0].before == "Nothing is known of October 2026."


def test_what_is_not_known_is_said() -> None:
    made, bare = chat(), factories.environment("bare")
    costing.ran(costing.target(bare, "bare-web"), OVER - timedelta(days=3), OVER - timedelta(days=2, hours=22))
    counted(made)
    reports.make_due(now=SOON)
    assert report().unpriced == ["bare: without bare-web (Ran without a price: bare-web 2.0 h.)"]
    assert report().sums[0].billed == "not billed yet"
    assert report().sums[0].budget == ""


def test_without_any_price_it_says_how_long_what_ran() -> None:
    made = factories.environment()
    begin = datetime(2026, 11, 9, tzinfo=UTC)
    costing.ran(costing.target(made), begin, begin + timedelta(hours=7))
    counted(made)
    reports.make_due(now=SOON)
    assert report().headline == "ran 7 h, no prices yet"
    assert report().longest == [("chat-dev", "7 h")]


def test_a_budget_that_did_not_suffice_is_told_and_advice_that_is_open() -> None:
    made = chat()
    Budget.objects.create(team=made.team, amount=Decimal(8), currency="USD")
    Advice.objects.create(environment=made, kind="idle", made_at=OVER, saving=Decimal("3.5"), currency="USD")
    counted(made)
    reports.make_due(now=SOON)
    assert (report().sums[0].budget, report().sums[0].is_over) == ("125% of the budget of $8.00", True)
    assert report().advice == ["chat-dev: nobody uses it, $3.50 a month could be saved"]
    assert report().advice_sum == "$3.50"


def test_the_present_month_can_be_looked_at_before_and_nothing_is_kept() -> None:
    made = chat()
    noon = datetime(2026, 11, 20, 3, tzinfo=UTC)
    counted(made, now=noon)
    found = report_words.shown(reports.preview(team=made.team, now=noon))
    assert (found.so_far, found.sums[0].before) == ("so far, until 20 Nov", "October 2026, all of it: $5.00")
    assert not MonthlyReport.objects.exists()


def test_in_korean_months_and_amounts_are_written_as_koreans_write_them() -> None:
    counted(chat())
    reports.make_due(now=SOON)
    with translation.override("ko"):
        assert report().month == "2026년 11월"
        assert report().sums[0].estimate == "US$10.00"


def test_figures_take_as_many_queries_for_many_environments_as_for_one() -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            figures(team=factories.team(), month=NOVEMBER, now=SOON, is_over=True)
        return len(queries)

    counted(chat())
    few = asked()
    counted(*[chat(f"more-{number}") for number in range(12)])
    assert asked() == few


def test_where_nothing_is_due_one_query_says_so() -> None:
    counted(chat())
    reports.make_due(now=SOON)
    with CaptureQueriesContext(connection) as queries:
        assert reports.make_due(now=SOON) == 0
    assert len(queries) == 1
