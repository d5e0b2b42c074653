"""Sums of costs: the same whichever way they are read, for those who may see them, and up to the present moment."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from environments.models import DailyCost, Environment, MonthlyCost, Tag, Team
from environments.services import cost_history
from environments.services.cost_history import OTHERS, History, look
from environments.services.cost_scope import Scope
from environments.services.cost_sums import Key, Span, amount
from tests import factories
from tests.support.times import monday

pytestmark = pytest.mark.django_db
NOVEMBER = Span(date(2026, 11, 1), date(2026, 11, 30))
NOW = monday("10:00")
MONDAY = date(2026, 11, 23)


def asked(span: Span = NOVEMBER, kind: str = "environment", step: str = "day", **choices: Any) -> History:
    currency = choices.pop("currency", "")
    scope = choices.pop("scope", None) or Scope(user=choices.pop("user", None) or factories.operator(), **choices)
    return look(scope=scope, span=span, kind=kind, step=step, now=NOW, currency=currency)


def by_name(history: History) -> dict[str, tuple[str, str]]:
    """Estimate and always on of each group, by its name."""
    names = cost_history.names(key for key, _ in history.groups)
    return {names[key].name: (f"{amount(s.estimate):f}", f"{amount(s.always_on):f}") for key, s in history.groups}


def many_days(environments: list[Environment], first: date, count: int) -> None:
    """Amounts by chance, but the same in each run; two accounts, and a day in seven without a row."""
    chance = random.Random(7)
    accounts = [factories.account(), factories.account(account_id="222222222222", name="payments")]
    for n, one in enumerate(environments):
        for ahead in range(count):
            if chance.random() > 1 / 7:
                always = chance.randrange(1, 90_000_000)
                sums = (f"{Decimal(chance.randrange(always)).scaleb(-6):f}", f"{Decimal(always).scaleb(-6):f}")
                factories.daily_cost(one, first + timedelta(days=ahead), *sums, account=accounts[n % 2])


@pytest.mark.parametrize("kind", ["environment", "team", "account"])
def test_groups_and_bars_have_the_sums_of_their_days_however_a_span_is_cut(kind: str) -> None:
    team = factories.team("Payments")
    those = [factories.environment(f"env-{n}", team=team if n % 3 else factories.team()) for n in range(4)]
    many_days(those, date(2026, 8, 20), 100)
    for span in (
        NOVEMBER,
        Span(date(2026, 9, 1), date(2026, 10, 31)),
        Span(date(2026, 8, 25), date(2026, 11, 3)),
        Span(date(2026, 9, 30), date(2026, 10, 1)),
        Span(date(2026, 9, 7), date(2026, 9, 13)),
        Span(date(2026, 1, 1), date(2026, 12, 31)),
    ):
        expected: Counter[Key] = Counter()
        for row in DailyCost.objects.filter(day__range=(span.first, span.last)):
            expected[kind, getattr(row, f"{kind}_id")] += int(row.estimate.scaleb(6))
        for step in cost_history.STEPS:
            found = asked(span, kind, step)
            assert {key: sums.estimate for key, sums in found.groups} == dict(expected), (span, step)
            assert sum(bar.sums.estimate for bar in found.bars) == sum(expected.values()) == found.whole.estimate
            assert [part for bar in found.bars for part in bar.parts if part == OTHERS] == []
            for bar in found.bars:
                assert sum(part.always_on for part in bar.parts.values()) == bar.sums.always_on


def test_a_year_can_be_shown_by_week_for_a_few_environments_and_half_a_year_for_all() -> None:
    leap, half = Span(date(2028, 1, 1), date(2028, 12, 31)), Span(date(2026, 7, 1), date(2026, 12, 29))
    assert cost_history.steps_of(leap, is_narrow=True) == ["week", "month"]
    assert cost_history.steps_of(leap) == ["month"]
    assert cost_history.steps_of(half) == ["week", "month"]


def test_bars_lie_within_the_span_and_weeks_begin_on_mondays() -> None:
    factories.daily_cost(factories.environment(), date(2026, 11, 4), "1", "3")
    weeks = asked(Span(date(2026, 11, 4), date(2026, 11, 17)), step="week").bars
    assert [(bar.first.day, bar.last.day) for bar in weeks] == [(4, 8), (9, 15), (16, 17)]
    months = asked(Span(date(2026, 10, 20), date(2026, 12, 2)), step="month").bars
    assert [(str(bar.first), str(bar.last)) for bar in months] == [
        ("2026-10-20", "2026-10-31"),
        ("2026-11-01", "2026-11-30"),
        ("2026-12-01", "2026-12-02"),
    ]
    assert [bar.sums.estimate for bar in months] == [0, 1_000_000, 0]


@pytest.mark.parametrize(("count", "coloured", "with_others"), [(8, 8, False), (9, 9, False), (10, 8, True)])
def test_eight_groups_have_a_colour_and_a_ninth_that_stands_alone(count: int, coloured: int, with_others: bool) -> None:
    for n in range(count):
        factories.daily_cost(factories.environment(f"env-{n}"), MONDAY, f"{n + 1}", "20")
    found = asked()
    assert len(found.coloured) == coloured
    bar = next(bar for bar in found.bars if bar.first == MONDAY)
    assert (OTHERS in bar.parts) is with_others
    assert sum(part.estimate for part in bar.parts.values()) == bar.sums.estimate


def test_currencies_are_never_added_to_each_other() -> None:
    one = factories.environment()
    factories.daily_cost(one, MONDAY, "12", "24")
    factories.daily_cost(one, MONDAY, "15000", "30000", currency="KRW")
    factories.daily_cost(factories.environment("pay-dev"), MONDAY, "1", "2")
    found = asked()
    assert (found.currency, found.whole.estimate) == ("USD", 13_000_000)
    assert {code: amount(sums.estimate) for code, sums in found.currencies.items()} == {"KRW": 15000, "USD": 13}
    assert by_name(asked(currency="KRW")) == {"chat-dev": ("15000.000000", "30000.000000")}


def test_people_see_their_environments_and_what_their_teams_removed_once_each() -> None:
    chat = factories.environment()
    payments = factories.environment("pay-dev", team=factories.team("Payments"))
    gone = factories.environment("old-dev")
    for one in (chat, payments, gone):
        factories.daily_cost(one, MONDAY, "1", "2")
    gone.delete()
    manager, outsider = factories.manager(), factories.outsider()
    factories.viewer()  # a second member: rows are not counted for each
    sums = ("1.000000", "2.000000")
    assert by_name(asked(user=manager)) == {"chat-dev": sums, "old-dev": sums}
    assert by_name(asked(kind="team", user=manager)) == {"Chat": ("2.000000", "4.000000")}
    assert by_name(asked(user=outsider)) == {"pay-dev": sums}
    assert by_name(asked(user=outsider, team=chat.team_id)) == {}
    assert by_name(asked(user=outsider, environments=(chat.pk,), removed=("old-dev",))) == {}
    assert by_name(asked(removed=("old-dev",))) == {"old-dev": sums}
    outsider.is_active = False
    assert asked(user=outsider).groups == []


def test_a_day_stays_with_the_team_that_had_the_environment_then() -> None:
    one = factories.environment()
    factories.daily_cost(one, MONDAY - timedelta(days=1), "1", "2")
    Environment.objects.filter(pk=one.pk).update(team=factories.team("Payments"))
    factories.daily_cost(Environment.objects.get(pk=one.pk), MONDAY, "5", "6")
    found = asked(kind="team")
    assert {name: sums[0] for name, sums in by_name(found).items()} == {"Payments": "5.000000", "Chat": "1.000000"}
    payments = Team.objects.get(name="Payments")
    assert asked(team=payments.pk).whole.estimate == 5_000_000


@pytest.mark.parametrize("choice", ["environments", "team", "account", "tag"])
def test_what_is_chosen_narrows_everything(choice: str) -> None:
    chat = factories.environment()
    other = factories.environment("pay-dev", team=factories.team("Payments"))
    account = factories.account(account_id="222222222222", name="payments")
    tag = Tag.objects.create(name="demo")
    other.tags.add(tag)
    factories.daily_cost(chat, MONDAY, "1", "2")
    factories.daily_cost(other, MONDAY, "3", "4", account=account)
    value: Any = {"environments": (other.pk,), "team": other.team_id, "account": account.pk, "tag": tag.pk}[choice]
    for kind in ("environment", "team", "account"):
        chosen: dict[str, Any] = {choice: value}
        found = asked(kind=kind, **chosen)
        assert [sums.estimate for _, sums in found.groups] == [3_000_000]
        assert sum(bar.sums.estimate for bar in found.bars) == 3_000_000


@pytest.mark.parametrize(
    ("counted", "hours"),
    [("09:00", 1), ("10:00", 0)],
)
def test_today_is_carried_on_to_this_moment(counted: str, hours: int) -> None:
    one = factories.environment()
    prices = {"an_hour": Decimal("0.123457"), "always_an_hour": Decimal("0.2")}
    factories.daily_cost(one, MONDAY, "1", "2", known_until=monday(counted), **prices)
    for kind in ("environment", "team", "account"):
        for step in cost_history.STEPS:
            found = asked(kind=kind, step=step)
            assert amount(found.whole.estimate) == 1 + hours * Decimal("0.123457"), (kind, step)
            assert amount(found.groups[0][1].always_on) == 2 + hours * Decimal("0.2")
            assert sum(bar.sums.estimate for bar in found.bars) == found.whole.estimate
    assert asked(Span(date(2026, 11, 1), date(2026, 11, 22))).groups == []


def test_a_day_that_nobody_has_closed_ends_at_its_own_midnight() -> None:
    one = factories.environment()
    sunday = MONDAY - timedelta(days=1)
    row = factories.daily_cost(
        one, sunday, "1", "2", known_until=monday("00:00") - timedelta(hours=2), an_hour=Decimal(1)
    )
    assert asked().whole.estimate == 3_000_000
    Environment.objects.filter(pk=one.pk).update(timezone="UTC")  # its Sunday ends at nine in Seoul
    assert asked().whole.estimate == 1_000_000 + 11 * 1_000_000
    DailyCost.objects.filter(pk=row.pk).update(an_hour=0)
    assert asked().whole.estimate == 1_000_000


def queries(ask: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        ask()
    return len(captured)


@pytest.mark.parametrize("kind", ["environment", "team", "account"])
def test_the_number_of_queries_does_not_depend_on_the_number_of_environments_and_days(kind: str) -> None:
    scope = Scope(user=factories.manager())
    for step in ("day", "month"):
        DailyCost.objects.all().delete()
        MonthlyCost.objects.all().delete()
        Environment.objects.all().delete()
        factories.daily_cost(factories.environment("first"), MONDAY, "1", "2")
        asked(kind=kind, step=step, scope=scope)  # who they are is asked for once
        few = queries(lambda step=step: asked(kind=kind, step=step, scope=scope))  # type: ignore[misc]
        for n in range(12):
            one = factories.environment(f"env-{n}", team=factories.team() if n % 2 else factories.team(f"Team {n}"))
            for ahead in range(3):
                factories.daily_cost(one, MONDAY - timedelta(days=ahead), "1", "2")
        assert queries(lambda step=step: asked(kind=kind, step=step, scope=scope)) == few  # type: ignore[misc]
        assert few <= 14
