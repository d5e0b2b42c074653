"""Spans of a target never share a moment, whoever writes them: the database itself sees to it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from environments.models import Interval, Target
from tests import factories
from tests.support.times import monday

pytestmark = pytest.mark.django_db


@pytest.fixture
def target() -> Target:
    return Target.objects.create(
        environment=factories.environment(schedule=None),
        kind="ec2",
        identifier="i-0123456789abcdef0",
        account=factories.account(),
        region=factories.REGION,
    )


def span(target: Target | None, begin: str, end: str | None) -> Interval:
    ended: dict[str, Any] = {"ended_at": monday(end), "ended_by": "scan"} if end else {}
    return Interval.objects.create(target=target, began_at=monday(begin), began_by="scan", **ended)


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ("09:30", "09:40"),  # within
        ("08:00", "11:00"),  # around
        ("08:00", "09:01"),  # over its beginning
        ("09:59", "11:00"),  # over its end
        ("09:00", "10:00"),  # the same
        ("08:00", None),  # open before
        ("09:30", None),  # open within
        ("10:30", "10:30"),  # of no length
        ("10:30", "10:20"),  # backwards
    ],
)
def test_a_span_that_shares_a_moment_with_another_of_its_target_is_refused_written_or_changed(
    target: Target, begin: str, end: str | None
) -> None:
    span(target, "09:00", "10:00")
    with pytest.raises(IntegrityError), transaction.atomic():
        span(target, begin, end)
    other = span(target, "12:00", "13:00")
    with pytest.raises(IntegrityError), transaction.atomic():
        Interval.objects.filter(pk=other.pk).update(
            began_at=monday(begin), ended_at=end and monday(end), ended_by="scan" if end else ""
        )


def test_at_most_one_span_of_a_target_is_open(target: Target) -> None:
    span(target, "09:00", None)
    for begin in ("08:00", "10:00"):
        with pytest.raises(IntegrityError), transaction.atomic():
            span(target, begin, None)


def test_spans_that_touch_and_those_of_others_are_welcome_and_outlive_their_target(target: Target) -> None:
    span(target, "08:00", "09:00")
    span(target, "09:00", None)
    span(None, "08:30", None)
    span(None, "08:45", None)
    target.delete()
    assert Interval.objects.filter(target=None).count() == 4
