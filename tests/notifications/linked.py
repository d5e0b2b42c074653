"""Links as their readers press them: a lamp that can be left on, and a browser that nobody is signed in at."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from notifications import links, offers
from notifications.models import Contact, Delivery
from notifications.offers import Choice, Offer, Refused
from notifications.texts import Text
from portal import origin

from .conftest import say
from .people import mail, minseo

NOW = timezone.now()


@dataclass
class Lamp:
    """A deed: switches a lamp on for some hours."""

    done: list[dict[str, Any]] = field(default_factory=list)
    broken: bool = False

    def standing(self, *, subject: str, now: datetime) -> Text:
        return {"en": f"Lamp {subject} is {'on' if self.done else 'off'}.", "ko": f"{subject}번 등"}

    def do(self, *, subject: str, choice: str, value: str, contact: Contact | None, who: str, now: datetime) -> Text:
        if self.broken:
            raise Refused({"en": "The lamp is broken.", "ko": "등이 고장 났어요."})
        source = origin.current()
        self.done.append(
            {
                "subject": subject,
                "choice": choice,
                "value": value,
                "contact": contact,
                "who": who,
                "origin": source.origin,
                "address": source.address,
                "person": source.person(),
            }
        )
        return {"en": f"Lamp {subject} is on, says {who}.", "ko": f"{subject}번 등을 켰어요."}


@pytest.fixture
def lamp(monkeypatch: pytest.MonkeyPatch) -> Lamp:
    deed = Lamp()
    monkeypatch.setitem(offers._deeds, "light", deed)
    return deed


@pytest.fixture
def reader(lamp: Lamp) -> Contact:
    return minseo(channel=mail(), user=User.objects.create_user("minseo"))


def offered(to: Contact, until: datetime | None = None) -> Delivery:
    hours = (
        Choice("1h", {"en": "On for 1 h", "ko": "1시간"}, {"en": "costs $1"}),
        Choice("until", "Until", asks="time"),
    )
    event = say(
        "It gets dark", now=NOW, until=until or NOW + timedelta(hours=1), concerned=[to.pk],
        offer=Offer("light", "7", hours),
    )  # fmt: skip
    return event.deliveries.get()


def path(address: str) -> str:
    return urlsplit(address).path


def of(delivery: Delivery, choice: str = "1h") -> str:
    return path(links.offer_url(delivery.pk, choice))


def press(browser: Client, address: str, **values: str) -> str:
    """As a person does in a browser within an app, which keeps no cookies: look, then press the one button, or that of
    a page which they have left open."""
    browser.get(address)
    browser.cookies.clear()
    answer = browser.post(address, values)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def browser() -> Client:
    """One that checks for forged requests, as the portal does."""
    return Client(enforce_csrf_checks=True, HTTP_ACCEPT_LANGUAGE="en")
