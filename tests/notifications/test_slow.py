"""However many channels are slow, they keep a quarter of the threads busy and no more."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from notifications import dispatch, slow
from notifications.models import Channel, Delivery
from notifications.outbox import publish
from tests.support.times import monday


def test_a_channel_is_slow_once_its_answers_take_long_and_quick_again_when_they_do_not() -> None:
    assert not slow.is_slow(1)
    slow.note(1, 3.0)
    assert slow.is_slow(1)
    slow.note(1, 0.1)
    slow.note(1, 0.1)
    assert not slow.is_slow(1)


def test_two_slow_ones_are_under_way_and_a_third_waits_while_a_quick_one_does_not() -> None:
    for channel in (1, 2, 3):
        slow.note(channel, 3.0)
    with ExitStack() as stack:
        assert [stack.enter_context(slow.slot(channel)) for channel in (1, 2, 3, 4)] == [True, True, False, True]
    with slow.slot(3) as free:
        assert free


def test_a_place_is_given_back_when_a_request_breaks() -> None:
    slow.note(1, 3.0)
    for _ in range(slow.AT_ONCE + 1):
        with pytest.raises(OSError, match="broke"):
            _breaking()


def _breaking() -> None:
    with slow.slot(1) as free:
        assert free
        raise OSError("broke")


@pytest.mark.django_db
def test_what_a_slow_channel_owes_waits_for_a_free_place_and_is_not_lost() -> None:
    channel = Channel.objects.create(name="Slow", kind="discord", config={"webhook_url": "https://discord.com/api/x"})
    publish(kind="x", severity="info", labels={}, title="x", now=monday("09:00"))
    delivery = Delivery.objects.get(channel=channel)
    slow.note(channel.pk, 3.0)
    with ExitStack() as stack:
        for other in (-1, -2):
            slow.note(other, 3.0)
            stack.enter_context(slow.slot(other))
        assert dispatch.deliver(delivery.pk, monday("09:01")) is None
        delivery.refresh_from_db()
        assert (delivery.status, delivery.attempts) == (Delivery.Status.PENDING, 0)
    assert dispatch.deliver(delivery.pk, monday("09:01")) is not None
