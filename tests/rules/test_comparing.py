"""Ways to run the same thing: numbers reckoned by hand."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from environments.rules.comparing import MONTH, Even, Per, PriceLine, Way, cheapest, differences, even_hours

F = Fraction


def line(price: str, label: str = "it", **fields: Any) -> PriceLine:
    return PriceLine(label, F(price), **fields)


def way(name: str, *lines: PriceLine, hours: int = 730) -> Way:
    return Way(name, lines, F(hours))


def test_a_month_is_the_price_by_quantity_and_hours() -> None:
    two = way("EC2", line("0.023", quantity=F(2)), hours=180)
    assert two.monthly == F("8.28")
    assert way("EC2", line("0.023", quantity=F(2))).monthly == F("33.58")


def test_the_reference_case_with_one_instance_and_with_two() -> None:
    def chat(instances: int, hours: int) -> Fraction:
        lines = line("0.023", quantity=F(instances)), line("0.178"), line("0.017")
        return way("chat", *lines, hours=hours).monthly

    assert [chat(1, 730), chat(1, 180), chat(2, 730), chat(2, 180)] == [
        F("159.14"),
        F("39.24"),
        F("175.93"),
        F("43.38"),
    ]


def test_a_price_of_a_month_follows_the_hours_unless_it_is_always_billed() -> None:
    assert way("half", line("10", per=Per.MONTH), hours=365).monthly == 5
    assert way("half", line("10", per=Per.MONTH, hours=MONTH), hours=365).monthly == 10


def test_own_hours_one_off_prices_and_what_is_reserved() -> None:
    assert way("job", line("0.10", hours=F(60))).monthly == 6
    assert way("reserved instance", line("360", per=Per.ONCE, months=12), hours=10).monthly == 30
    assert way("fargate", line("0.1", reserved=F(60, 100)), hours=100).monthly == 6


def test_t2_micro_against_app_runner_at_prices_of_a_month() -> None:
    ec2 = way("EC2", line("10", per=Per.MONTH, hours=MONTH))
    app = way("App Runner", line("8.50", per=Per.MONTH, hours=MONTH))
    (found,) = differences([ec2, app])
    assert (found.amount, found.share, found.hours, found.reserved) == (F("-1.5"), F(-15, 100), None, None)
    assert cheapest([ec2, app]) == [app]


def test_from_the_break_even_hours_on_the_one_with_the_fixed_price_is_cheaper() -> None:
    ec2 = way("EC2", line("10", per=Per.MONTH, hours=MONTH))
    # A gigabyte at $0.007 all month is $5.11; $0.032 for each busy hour: $4.89 / 0.032 = 152.8125 h.
    app = way("App Runner", line("0.007", hours=MONTH), line("0.064", quantity=F("0.5")), hours=100)
    found = even_hours(ec2, app)
    assert found == Even(F("152.8125"), before=app, then=ec2)
    assert app.at(found.at) == ec2.at(found.at) == 10
    assert app.at(F(152)) < 10 < app.at(F(153))
    assert differences([ec2, app])[0].amount == F("-1.69")


def test_fargate_against_ec2_at_60_and_at_90_per_cent_reserved() -> None:
    def fargate(share: int) -> Way:
        taken = F(share, 100)
        cpu = line("0.04048", quantity=F(2), reserved=taken)
        return way(f"Fargate {share} %", cpu, line("0.004445", quantity=F(8), reserved=taken))

    ec2 = way("EC2", line("0.096"))
    sixty, ninety = differences([ec2, fargate(60), fargate(90)])
    # All of it would be 2 × 0.04048 + 8 × 0.004445 = 0.11652 an hour; the instance is 0.096 × 730 = 70.08.
    assert (sixty.amount, ninety.amount) == (F("51.03576") - F("70.08"), F("76.55364") - F("70.08"))
    assert sixty.reserved is not None
    assert sixty.reserved.at == F("0.096") / F("0.11652")  # 82.4 %
    assert (sixty.reserved.before.name, sixty.reserved.then.name) == ("Fargate 60 %", "EC2")
    assert sixty.hours is None


def test_equal_ways_have_no_cheapest_alone_and_no_break_even() -> None:
    one, other = way("one", line("1")), way("other", line("1"))
    assert cheapest([one, other]) == [one, other]
    (found,) = differences([one, other])
    assert (found.amount, found.hours) == (F(0), None)


def test_nothing_has_no_share_of_itself_and_no_ways_no_difference() -> None:
    (found,) = differences([way("free"), way("one", line("1"))])
    assert (found.amount, found.share) == (F(730), None)
    assert differences([]) == []
    assert cheapest([]) == []


@pytest.mark.parametrize(
    "fields",
    [{"quantity": F(-1)}, {"hours": F(731)}, {"hours": F(-1)}, {"reserved": F(2)}, {"per": Per.ONCE, "months": 0}],
)
def test_what_makes_no_sense_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="it: "):
        line("1", **fields)
