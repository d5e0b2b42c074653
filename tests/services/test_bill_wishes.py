"""Bills that cannot be read are asked for again seldom, as it costs money; and what operators wish of them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from environments.models import Account, BillLook
from environments.services import accounts, bill_wishes, bills
from environments.services.bills import look_due
from environments.targets.lanes import lanes
from tests import factories
from tests.services.billing import DAY, HOUR, NOW, again, asked_spans, billed, cloud, look, rows
from tests.services.costing import ran, target

pytestmark = pytest.mark.django_db


# -- what goes wrong ---------------------------------------------------------------------------------------------------


def test_a_throttled_account_is_asked_three_times_a_day_and_what_was_read_stays(look: BillLook, cloud: Any) -> None:
    billed(cloud, "2026-11-20")
    look_due(now=NOW)
    before = rows()
    cloud.fault("throttle", service="ce", times=None)
    at = bills.next_day(look.account.account_id, NOW)
    pauses = []
    for _ in range(3):
        again(look, at)
        assert look.wanted_at is not None
        pauses.append(look.wanted_at - at)
        at = look.wanted_at
    assert pauses[:2] == [HOUR, 2 * HOUR]
    assert at.date() == date(2026, 11, 25)
    assert "asked too often" in look.problem["en"]
    assert "LimitExceededException" in look.problem["raw"]
    assert (rows(), look.requests) == (before, 1)
    cloud.clear_faults()
    assert again(look, at).problem == {}


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"kind": "denied"}, "ce:GetCostAndUsage"),
        ({"kind": "error", "code": "DataUnavailableException", "status": 400}, "no data for these days yet"),
    ],
)
def test_what_another_try_cannot_help_is_said_and_tried_tomorrow(
    look: BillLook, cloud: Any, fault: dict[str, Any], said: str
) -> None:
    cloud.fault(service="ce", times=None, **fault)
    look_due(now=NOW)
    look.refresh_from_db()
    assert said in look.problem["en"]
    assert look.problem["ko"]
    assert look.wanted_at is not None
    assert look.wanted_at.date() == date(2026, 11, 24)


def test_an_account_without_the_tag_on_anything_is_told_to_activate_it(look: BillLook, cloud: Any) -> None:
    billed(cloud, "2026-11-20", "")
    look_due(now=NOW)
    look.refresh_from_db()
    assert "Activate it as a cost allocation tag" in look.problem["en"]
    billed(cloud, "2026-11-20")
    assert again(look, NOW + DAY).problem == {}


def test_a_page_that_fails_leaves_the_rows_and_counts_the_pages_that_were_paid(look: BillLook, cloud: Any) -> None:
    ran(target(factories.environment()), NOW - 300 * DAY, NOW)
    billed(cloud, "2026-02-10")
    cloud.fault("throttle", service="ce", nth=2)
    look_due(now=NOW)
    look.refresh_from_db()
    assert (rows(), look.requests) == ({}, 1)


def test_an_account_whose_threads_are_all_busy_is_come_back_to_in_minutes(
    look: BillLook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "threads", 1)
    with lanes.lane(look.account.account_id):
        look_due(now=NOW)
    look.refresh_from_db()
    assert (look.wanted_at, look.attempts, look.asked_at) == (NOW + timedelta(minutes=5), 0, None)


def test_a_mistake_of_ours_with_one_account_does_not_keep_the_others_from_their_turn(
    look: BillLook, cloud: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = factories.account(account_id="222222222222", name="payments", role_arn="", external_id="")
    BillLook.objects.create(account=other, enabled=True, wanted_at=NOW + HOUR)
    span_of = bills.span_of

    def broken(row: BillLook, now: datetime) -> Any:
        if row.pk == look.pk:
            raise KeyError("TimePeriod")
        return span_of(row, now)

    monkeypatch.setattr(bills, "span_of", broken)
    assert look_due(now=NOW + HOUR) == 2
    look.refresh_from_db()
    assert "made a mistake" in look.problem["en"]
    assert BillLook.objects.get(account=other).problem == {}


# -- what operators wish -----------------------------------------------------------------------------------------------


def test_turned_on_bills_are_read_at_once_and_turned_off_no_more(cloud: Any) -> None:
    account, person = factories.account(), factories.operator()
    assert bill_wishes.configure(account=account, enabled=True, tag="Environment", user=person, now=NOW)
    assert look_due(now=NOW) == 1
    assert not bill_wishes.configure(account=account, enabled=True, tag="Environment", user=person, now=NOW)
    assert bill_wishes.configure(account=account, enabled=False, tag="Environment", user=person, now=NOW)
    assert look_due(now=NOW + 9 * DAY) == 0


def test_another_tag_reads_everything_anew(look: BillLook, cloud: Any) -> None:
    ran(target(factories.environment()), NOW - 40 * DAY, NOW)
    billed(cloud, "2026-11-20")
    look_due(now=NOW)
    bill_wishes.configure(account=look.account, enabled=True, tag="Project", user=factories.operator(), now=NOW)
    look_due(now=NOW)
    assert asked_spans(cloud) == [("2026-10-14", "2026-11-23")] * 2
    assert rows() == {("2026-11-20", ""): ("0.25", None)}


def test_ask_now_is_refused_after_three_more_looks_of_a_day_with_the_reason(look: BillLook, cloud: Any) -> None:
    person = factories.operator()
    look_due(now=NOW)
    for minutes in (10, 20, 30):
        at = NOW + timedelta(minutes=minutes)
        bill_wishes.ask_now(account=look.account, user=person, now=at)
        assert look_due(now=at) == 1
    with pytest.raises(ValidationError, match=r"asked 4 times today\. Each request costs 0\.01 USD"):
        bill_wishes.ask_now(account=look.account, user=person, now=NOW + HOUR)
    bill_wishes.ask_now(account=look.account, user=person, now=NOW + DAY)


def test_turning_it_off_and_on_again_does_not_get_round_that(look: BillLook, cloud: Any) -> None:
    BillLook.objects.update(asked_at=NOW, attempts=4)
    for enabled in (False, True):
        bill_wishes.configure(
            account=look.account, enabled=enabled, tag="Environment", user=factories.operator(), now=NOW
        )
    assert look_due(now=NOW) == 0


def test_what_is_being_asked_is_not_asked_twice(look: BillLook) -> None:
    bills._claim(look, NOW)
    with pytest.raises(ValidationError, match="at this moment"):
        bill_wishes.ask_now(account=look.account, user=factories.operator(), now=NOW + HOUR / 60)


def test_only_those_who_may_decide_about_it(look: BillLook) -> None:
    with pytest.raises(PermissionDenied):
        bill_wishes.configure(account=look.account, enabled=False, tag="X", user=factories.manager(), now=NOW)
    with pytest.raises(PermissionDenied):
        bill_wishes.ask_now(account=look.account, user=factories.manager(), now=NOW)


def test_the_permission_is_part_of_the_policy_and_tested_for_nothing_once_bills_are_read(cloud: Any) -> None:
    account = factories.account()
    factories.stack(factories.environment())
    assert "ce:GetCostAndUsage" not in str(accounts.policy(account))
    BillLook.objects.create(account=account, enabled=True)
    assert "ce:GetCostAndUsage" in str(accounts.policy(account))
    found = accounts.try_connection(account=account, user=factories.administrator(), now=NOW)
    assert {row.action: row.verdict for row in found or ()}["ce:GetCostAndUsage"] == "allowed"
    assert {call["status"] for call in cloud.requests("ce")} == {400}  # an error, which AWS does not charge
    assert Account.objects.get().check_report


__all__ = ["cloud", "look"]
