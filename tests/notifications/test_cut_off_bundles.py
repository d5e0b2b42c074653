"""A worker that dies with a bundle: each message of it is settled, and can be sent again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from notifications import claims, dispatch, outbox
from notifications.models import Channel, Delivery, DeliveryAttempt

from .conftest import later, owe
from .discord_server import Discord

pytestmark = pytest.mark.django_db


def test_each_can_be_sent_again_though_the_sweep_saw_one_of_them_alone(
    make_channel: Callable[..., Channel], discord: Discord, monkeypatch: pytest.MonkeyPatch
) -> None:
    # After a mass kill more is lost than one sweep takes: the rest of a bundle is beyond its limit.
    monkeypatch.setattr(dispatch, "SWEEP_AT_MOST", 1)
    make_channel(gather_seconds=5, per_minute=6000)
    owed = [owe(name) for name in ("a", "b", "c")]
    assert claims.claim(owed[0].pk, later(seconds=6)) is not None
    dispatch.sweep(later(minutes=2))
    assert set(Delivery.objects.values_list("status", flat=True)) == {"unknown"}
    assert set(DeliveryAttempt.objects.values_list("outcome", flat=True)) == {"unknown"}
    for one in owed:
        one.refresh_from_db()
        assert outbox.send_again(delivery=one, now=later(minutes=3))
        assert dispatch.deliver(one.pk, later(minutes=3, seconds=1)) in {"sent", None}
    assert set(Delivery.objects.values_list("status", flat=True)) == {"sent"}


def test_what_somebody_has_sent_again_meanwhile_is_left_alone(
    make_channel: Callable[..., Channel], discord: Discord
) -> None:
    make_channel(gather_seconds=5, per_minute=6000)
    first, second = owe("a"), owe("b")
    assert claims.claim(first.pk, later(seconds=6)) is not None
    dispatch.sweep(later(minutes=2))
    second.refresh_from_db()
    assert outbox.send_again(delivery=second, now=later(minutes=3))
    taken = claims.claim(second.pk, later(minutes=3, seconds=1))
    assert taken is not None
    dispatch.sweep(later(minutes=3, seconds=2))
    assert second.attempt_log.get(outcome="started") == taken.attempts[0]
