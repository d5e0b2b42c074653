"""Amounts of money: exact in the database, and written as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db.models import F, Sum

from environments.models import DailyCost
from portal.money import money_words, share_words


@pytest.mark.parametrize(
    ("amount", "currency", "english", "korean"),
    [
        ("12.894", "USD", "$12.89", "US$12.89"),
        ("1234.5", "USD", "$1,234.50", "US$1,234.50"),
        ("1234.5", "KRW", "₩1,234", "₩1,234"),
        ("0", "USD", "$0.00", "US$0.00"),
        ("-3", "USD", "-$3.00", "-US$3.00"),
    ],
)
def test_an_amount_is_written_as_in_the_readers_language(amount: str, currency: str, english: str, korean: str) -> None:
    assert money_words(Decimal(amount), currency, language="en") == english
    assert money_words(Decimal(amount), currency, language="ko") == korean


def test_what_is_less_than_the_smallest_coin_is_not_called_nothing() -> None:
    assert money_words(Decimal("0.001"), "USD", language="en") == "< $0.01"


def test_a_price_is_written_with_every_digit_that_it_has() -> None:
    assert money_words(Decimal("0.0230000000"), "USD", language="en", exact=True) == "$0.023"


def test_a_currency_that_nobody_knows_stands_as_its_code() -> None:
    assert "XXQ" in money_words(Decimal(1), "XXQ", language="en")


def test_a_share_is_written_in_whole_per_cent() -> None:
    assert share_words(Decimal("0.7534"), language="en") == "75%"


def cost(amount: str) -> DailyCost:
    return DailyCost.objects.create(
        environment_name="chat-dev",
        day=date(2026, 11, 2),
        currency="USD",
        estimate=Decimal(amount),
        always_on=Decimal(2),
        known_until=datetime(2026, 11, 3, tzinfo=UTC),
    )


@pytest.mark.django_db
def test_ten_thousand_small_amounts_add_up_exactly_in_the_database() -> None:
    row = cost("0.1")
    row.pk = None
    DailyCost.objects.bulk_create(
        DailyCost(
            **{field.attname: getattr(row, field.attname) for field in DailyCost._meta.fields if field.name != "id"}
        )
        for _n in range(9_999)
    )
    assert DailyCost.objects.aggregate(sum=Sum("estimate"))["sum"] == Decimal(1_000)


@pytest.mark.django_db
def test_amounts_are_added_and_compared_in_the_database() -> None:
    row = cost("0.000001")
    DailyCost.objects.update(estimate=F("estimate") + F("always_on"))
    assert DailyCost.objects.filter(estimate__gt=Decimal(2), estimate__lt=Decimal("2.1")).get() == row
    row.refresh_from_db()
    assert row.estimate == Decimal("2.000001")


@pytest.mark.django_db
def test_more_places_than_are_kept_are_refused_and_not_rounded_in_silence() -> None:
    with pytest.raises(ValidationError, match="six decimal places"):
        cost("0.0000001")
