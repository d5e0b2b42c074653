"""The bot: how soon it answers in a chat, through JANDI's door, in a large installation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any, Final

from django.conf import settings
from django.db import connection
from django.utils import timezone

from benchmarks.database import fresh_database
from benchmarks.figure import Figure
from benchmarks.pages_data import fill
from portal.settled import settle

ENVIRONMENTS, VISIBLE, OPERATIONS = 1000, 200, 20_000
REQUESTS: Final = 200
# Nobody may ask more than thirty times a minute.
PEOPLE: Final = 10
ASKED: Final = ("{name} status", "{name} why", "list", "{name} cost", "{name} extend 2h")
TOKEN: Final = "bench-token-of-jandi"


def figures() -> Iterator[Figure]:
    """p95 of the server's time for a request, one after the other: each is let in, written, done and answered."""
    with fresh_database():
        fill(timezone.now(), environments=ENVIRONMENTS, operations=OPERATIONS)
        names = _people()
        path = _door()
        settle()  # as each web process does
        took = _asked(path, names)
    sizes: dict[str, int | float | str] = {
        "database": connection.vendor,
        "environments": ENVIRONMENTS,
        "visible": VISIBLE,
        "requests": REQUESTS,
    }
    slowest = max(took, key=lambda verb: _p95(took[verb]))
    everything = [ms for those in took.values() for ms in those]
    note = f"the slowest verb: {slowest}, {_p95(took[slowest]):.0f} ms"
    yield Figure("bot.p95_ms", _p95(everything), "ms", sizes, note)


def _p95(took: list[float]) -> float:
    return sorted(took)[max(0, int(len(took) * 0.95) - 1)]


def _asked(path: str, names: list[str]) -> dict[str, list[float]]:
    """Milliseconds of each request, by verb."""
    from django.test import Client

    settings.ALLOWED_HOSTS = ["*"]
    client = Client(HTTP_HOST="127.0.0.1")
    took: dict[str, list[float]] = {}
    for number in range(-len(ASKED), REQUESTS):  # the first of each verb find nothing imported
        asked = ASKED[number % len(ASKED)]
        body = _call(asked.format(name=names[number % len(names)]), number)
        began = perf_counter()
        answer = client.post(path, body, content_type="application/json")
        ms = (perf_counter() - began) * 1000
        assert answer.status_code == 200, (asked, answer.status_code)
        assert answer.json()["body"], asked
        if number >= 0:
            took.setdefault(asked.replace("{name} ", ""), []).append(ms)
    _check()
    return took


def _check() -> None:
    """Each was answered, none refused, and what was to be extended is held."""
    from environments.models import Hold
    from notifications.models import ChatRequest

    states = set(ChatRequest.objects.values_list("state", flat=True))
    assert states == {ChatRequest.State.ANSWERED}, states
    assert ChatRequest.objects.count() == REQUESTS + len(ASKED)
    assert Hold.objects.filter(origin=Hold.Origin.BOT).count() > REQUESTS / len(ASKED)


def _call(text: str, number: int) -> bytes:
    """As JANDI calls; a request of its own each time."""
    said: dict[str, Any] = {
        "token": TOKEN,
        "teamName": "Bench",
        "roomName": "Bench",
        "writerName": f"Person {number % PEOPLE}",
        "writerEmail": _address(number % PEOPLE),
        "text": f"/서버 {text}",
        "data": text,
        "keyword": "서버",
        "createdAt": (datetime.now(UTC) + timedelta(milliseconds=number)).isoformat(),
    }
    return json.dumps(said).encode()


def _address(number: int) -> str:
    return f"person{number}@example.com"


def _people() -> list[str]:
    """Managers of a team of so many environments; the names of those that run by their plan and are not held."""
    from django.contrib.auth.models import Group, User

    from environments import roles
    from environments.models import Environment, Hold, State, Team

    team = Team.objects.create(name="Bench")
    seen = list(Environment.objects.order_by("pk").values_list("pk", flat=True)[:VISIBLE])
    Environment.objects.filter(pk__in=seen).update(team=team, state=State.RUNNING)
    Hold.objects.filter(environment__in=seen).delete()
    for number in range(PEOPLE):
        person = User.objects.create(username=f"person{number}", email=_address(number), is_staff=True)
        person.groups.add(Group.objects.get(name=roles.MANAGER))
        team.members.add(person)
    return list(Environment.objects.filter(pk__in=seen).order_by("pk").values_list("name", flat=True))


def _door() -> str:
    """A chat app of JANDI in which each person is known; the path of its door."""
    from django.contrib.auth.models import User
    from django.urls import reverse

    from notifications import secret_doors
    from notifications.chat import jandi
    from notifications.models import ChatApp, ChatPerson
    from notifications.models.fields import Config

    app = ChatApp(name="Bench", kind=ChatApp.Kind.JANDI, config=Config({jandi.TOKEN: TOKEN}))
    secret_doors.new_address(app)
    app.save()
    known = User.objects.filter(email__startswith="person")
    ChatPerson.objects.bulk_create(
        ChatPerson(app=app, external_id=one.email, user=one, how=ChatPerson.How.EMAIL, linked_at=timezone.now())
        for one in known
    )
    return reverse("jandi", args=[app.config[secret_doors.KEY]])
