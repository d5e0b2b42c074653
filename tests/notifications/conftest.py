"""What the tests of notifications share: a local Discord, channels that lead there, a broker that takes notes."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import Permission, User

from notifications import slow, wakeups
from notifications.models import Channel, Delivery, Event
from notifications.outbox import publish

from .discord_server import Discord

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def later(**amount: float) -> datetime:
    """So much after Monday 09:00 UTC."""
    return MONDAY + timedelta(**amount)


@pytest.fixture(autouse=True)
def portal(settings: LazySettings) -> None:
    """A portal with an address, in English and Korean, that may reach this machine over plain http."""
    settings.BASE_URL = "https://daybreak.example"
    settings.LANGUAGE_CODE = "en"
    settings.NOTIFICATIONS_ALLOW_LOOPBACK_HTTP = True
    settings.FIELD_ENCRYPTION_KEYS = []
    settings.DISCORD_WEBHOOK_URL = ""


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """No channel of another test was slow."""
    monkeypatch.setattr(slow, "_lately", {})


@pytest.fixture(autouse=True)
def woken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The deliveries that workers were told of. Nobody works in these tests unless they say so."""
    notes: list[int] = []

    def note(delivery_ids: Iterable[int]) -> None:
        notes.extend(delivery_ids)

    monkeypatch.setattr(wakeups, "wake", note)
    return notes


@pytest.fixture
def discord() -> Iterator[Discord]:
    with Discord() as server:
        yield server


@pytest.fixture
def make_channel(db: None, discord: Discord) -> Callable[..., Channel]:
    """Makes a channel that leads to the webhook of its name."""

    def make(name: str = "1", **values: Any) -> Channel:
        values.setdefault("config", {"webhook_url": discord.url(name)})
        return Channel.objects.create(name=name, **values)

    return make


@pytest.fixture
def channel(make_channel: Callable[..., Channel]) -> Channel:
    return make_channel()


def say(title: Any = "chat-dev is starting", **values: Any) -> Event:
    """Publishes an event, at Monday 09:00 unless told otherwise."""
    given: dict[str, Any] = {
        "kind": "environment.starting",
        "severity": "info",
        "labels": {"environment": "chat-dev", "team": "chat"},
        "now": MONDAY,
    }
    return publish(title=title, **(given | values))


def owe(title: Any = "chat-dev is starting", **values: Any) -> Delivery:
    """Publishes an event that one channel hears of, and returns what is owed."""
    return say(title, **values).deliveries.get()


def fresh(delivery: Delivery) -> Delivery:
    """The delivery as it is now."""
    return Delivery.objects.select_related("channel", "event").get(pk=delivery.pk)


PERMISSIONS: dict[str, tuple[str, ...]] = {
    "viewer": ("view_event", "view_delivery"),
    "manager": ("view_event", "view_delivery"),
    "operator": ("view_event", "view_delivery", "view_channel", "resend_delivery"),
    "administrator": (
        *("view_event", "view_delivery", "resend_delivery"),
        *("view_channel", "add_channel", "change_channel", "delete_channel", "test_channel"),
    ),
    "outsider": (),
}
"""What each role may do with this app."""


@pytest.fixture
def person(db: None) -> Callable[[str], User]:
    """Makes somebody who may sign in, with the permissions of a role."""

    def make(role: str) -> User:
        user = User.objects.create_user(role, is_staff=True)
        found = Permission.objects.filter(content_type__app_label="notifications", codename__in=PERMISSIONS[role])
        user.user_permissions.set(found)
        return user

    return make
