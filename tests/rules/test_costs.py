"""What running costs: the reference table to the cent, and the same sum however time is cut."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from environments.rules.costs import Amount, Rate, cost, local_days, money, running

YEAR = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOURS_OF_A_MONTH = 730


def rate(label: str, price: str, **more: object) -> Rate:
    return Rate(label, Decimal(price), "USD", YEAR, **more)  # type: ignore[arg-type]


def chat(instances: int) -> list[Rate]:
    """The chat application of the design, section 7."""
    return [
        rate("t3.small", "0.023", quantity=Decimal(instances)),
        rate("DocumentDB db.t3.medium", "0.178"),
        rate("cache.t2.micro", "0.017"),
    ]


@pytest.mark.parametrize(
    ("instances", "always_on", "estimate", "saved"),
    [(1, "159.14", "39.24", "119.90"), (2, "175.93", "43.38", "132.55")],
)
def test_the_reference_table_is_met_to_the_cent(instances: int, always_on: str, estimate: str, saved: str) -> None:
    office = [(YEAR + n * 24 * HOUR, YEAR + (n * 24 + 9) * HOUR) for n in range(20)]
    assert running(office, YEAR, YEAR + HOURS_OF_A_MONTH * HOUR) == 180 * HOUR
    found = cost(office, chat(instances), YEAR, YEAR + HOURS_OF_A_MONTH * HOUR)["USD"]
    assert money(found.always_on, 2) == Decimal(always_on)
    assert money(found.estimate, 2) == Decimal(estimate)
    assert money(found.saved, 2) == Decimal(saved)
    assert round(found.saved_share * 100) == 75


def test_what_is_billed_while_stopped_costs_all_the_time() -> None:
    rates = [rate("volume", "0.01", always=True), rate("instance", "0.10")]
    found = cost([(YEAR, YEAR + HOUR)], rates, YEAR, YEAR + 10 * HOUR)["USD"]
    assert (money(found.estimate, 2), money(found.always_on, 2)) == (Decimal("0.20"), Decimal("1.10"))


def test_a_new_price_counts_from_its_moment_on_and_an_older_one_until_then() -> None:
    dearer = Rate("instance", Decimal("0.30"), "USD", YEAR + 3 * HOUR)
    found = cost([(YEAR, None)], [dearer, rate("instance", "0.10")], YEAR, YEAR + 5 * HOUR)["USD"]
    assert money(found.estimate, 2) == Decimal("0.90")


def test_currencies_are_never_added_to_each_other() -> None:
    won = Rate("address", Decimal(5), "KRW", YEAR)
    found = cost([(YEAR, None)], [rate("instance", "0.10"), won], YEAR, YEAR + HOUR)
    assert {currency: money(amount.estimate, 2) for currency, amount in found.items()} == {
        "USD": Decimal("0.10"),
        "KRW": Decimal("5.00"),
    }


def test_before_its_first_price_nothing_is_made_up() -> None:
    assert cost([(YEAR - HOUR, YEAR)], [rate("instance", "0.10")], YEAR - HOUR, YEAR) == {}


@pytest.mark.parametrize(
    "change", [{"unit_price": Decimal(-1)}, {"quantity": Decimal(-1)}, {"begin": YEAR.replace(tzinfo=None)}]
)
def test_negative_prices_and_naive_times_are_refused(change: dict[str, object]) -> None:
    fields: dict[str, object] = {"label": "x", "unit_price": Decimal(1), "currency": "USD", "begin": YEAR}
    with pytest.raises(ValueError, match="x: "):
        Rate(**(fields | change))  # type: ignore[arg-type]


def test_a_day_has_as_many_hours_as_its_clock() -> None:
    days = local_days("Europe/Berlin", date(2026, 3, 28), date(2026, 3, 30))
    assert [(end - begin) // HOUR for _day, begin, end in days] == [24, 23, 24]
    assert [
        end - begin for _day, begin, end in local_days("Europe/Berlin", date(2026, 10, 25), date(2026, 10, 25))
    ] == [25 * HOUR]


moments = st.integers(0, 100 * 3600).map(lambda n: YEAR + timedelta(seconds=n))
prices = st.decimals(0, 10, places=6)
lines = st.builds(
    Rate,
    label=st.sampled_from("ab"),
    unit_price=prices,
    currency=st.sampled_from(["USD", "KRW"]),
    begin=moments,
    quantity=st.decimals(0, 9, places=3),
    always=st.booleans(),
)
spans = st.lists(st.tuples(moments, st.none() | moments), max_size=6)


@given(spans=spans, rates=st.lists(lines, max_size=5), cuts=st.lists(moments, max_size=8))
def test_the_sum_of_the_parts_is_the_whole_wherever_time_is_cut(
    spans: list[tuple[datetime, datetime | None]], rates: list[Rate], cuts: list[datetime]
) -> None:
    begin, end = YEAR, YEAR + 100 * HOUR
    edges = sorted({begin, *cuts, end})
    parts: dict[str, Amount] = {}
    for first, last in pairwise(edges):
        for currency, amount in cost(spans, rates, first, last).items():
            parts[currency] = parts.get(currency, Amount()) + amount
    assert parts == cost(spans, rates, begin, end)


@given(spans=spans, rates=st.lists(lines, min_size=1, max_size=5))
def test_nothing_costs_more_than_running_all_the_time_nor_less_than_nothing(
    spans: list[tuple[datetime, datetime | None]], rates: list[Rate]
) -> None:
    for amount in cost(spans, rates, YEAR, YEAR + 100 * HOUR).values():
        assert Fraction(0) <= amount.estimate <= amount.always_on
        assert 0 <= amount.saved_share <= 1


@given(st.fractions(min_value=0, max_value=10**9))
def test_rounding_is_off_by_half_a_millionth_at_most(amount: Fraction) -> None:
    assert abs(Fraction(money(amount)) - amount) <= Fraction(1, 2 * 10**6)
