"""How fast it is found out who hears of an event: matching over a thousand rules, and a whole publish with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time
from time import perf_counter
from typing import Final

from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.database import fresh_database
from benchmarks.figure import Figure

NOW: Final = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)  # Monday, 09:00 in Seoul
RULES: Final = 1000
ROUNDS: Final = 30

KINDS: Final = ("environment.failed", "environment.ready", "check.down", "check.up", "ticket.opened")
ZONES: Final = ("Asia/Seoul", "Europe/Berlin", "America/New_York", "UTC")
ABOUT: Final = {"environment": "env-3", "team": "Team 3"}


def figures() -> Iterator[Figure]:
    """Routing of issue 8. Half of the rules are about any kind, a quarter about one; all differ in whom they tell."""
    took, matching = _matching()
    sizes: dict[str, int | float | str] = {"rules": RULES, "matching": matching}
    yield Figure("routing.rules_1000_ms", took, "ms", sizes, note="best of several, matching alone")
    with fresh_database():
        _fill()
        took, queries, owed = _publishing()
    sizes = {"rules": RULES, "contacts": RULES, "channels": 100, "owed": owed, "queries": queries}
    yield Figure("routing.publish_1000_rules_ms", took, "ms", sizes | {"database": connection.vendor})


def _matching() -> tuple[float, int]:
    """Milliseconds for one event, and how many rules it matches."""
    from notifications.routing import Announcement, RuleBook, RuleFacts

    book = RuleBook(
        RuleFacts(
            number,
            f"Rule {number}",
            kinds=frozenset(kinds),
            severities=frozenset({"error"}) if number % 3 == 0 else frozenset(),
            environments=frozenset({f"env-{number % 50}"}) if number % 5 == 0 else frozenset(),
            teams=frozenset({f"Team {number % 10}"}) if number % 7 == 0 else frozenset(),
            hours=(time(9), time(18)) if number % 2 else None,
            weekdays=frozenset(range(5)) if number % 4 == 1 else frozenset(),
            zone=ZONES[number % len(ZONES)],
        )
        for number, kinds in ((number, _kinds(number)) for number in range(RULES))
    )
    announced = Announcement("environment.failed", "error", ABOUT)
    return _best(lambda: book.matching(announced, NOW)), len(book.matching(announced, NOW))


def _kinds(number: int) -> tuple[str, ...]:
    return {0: (), 1: (), 2: (KINDS[number % 5],)}.get(number % 4, (KINDS[number % 5], KINDS[(number + 1) % 5]))


def _fill() -> None:
    """A thousand rules, each of which names a person of its own and a room; of one environment, a few match."""
    from notifications.models import Channel, Contact, Rule

    mail = Channel.objects.create(name="Mail", kind="email", gather_seconds=10, fold_minutes=30)
    rooms = [
        Channel.objects.create(
            name=f"Room {number}", kind="discord", event_kinds=["none"], gather_seconds=10, fold_minutes=30
        )
        for number in range(99)
    ]
    people = [Contact(name=f"Person {number}", channel=mail, timezone="Asia/Seoul") for number in range(RULES)]
    for number, person in enumerate(people):
        person.set_addresses({"email": f"person-{number}@example.com"})
    people = Contact.objects.bulk_create(people)
    rules = Rule.objects.bulk_create(
        Rule(name=f"Rule {number}", event_kinds=list(_kinds(number)), environments=[f"env-{number % 50}"])
        for number in range(RULES)
    )
    through = Rule.channels.through
    through.objects.bulk_create(
        through(rule_id=rule.pk, channel_id=rooms[number % len(rooms)].pk) for number, rule in enumerate(rules)
    )
    through = Rule.contacts.through
    through.objects.bulk_create(
        through(rule_id=rule.pk, contact_id=person.pk) for rule, person in zip(rules, people, strict=True)
    )


def _publishing() -> tuple[float, int, int]:
    """Milliseconds of a publish whose rules are in memory, its queries, and how many messages it owes."""
    from notifications.models import Delivery
    from notifications.outbox import publish

    number = 0

    def say() -> None:
        nonlocal number
        number += 1
        # Another title each time: the same would only be counted.
        publish(kind="environment.failed", severity="error", labels=ABOUT, title=f"No. {number}", now=NOW)

    say()
    with CaptureQueriesContext(connection) as captured:
        say()
    owed = Delivery.objects.count() // number
    return _best(say), len(captured), owed


def _best(work: Callable[[], object]) -> float:
    """Milliseconds of the quickest of several rounds."""
    times: list[float] = []
    for _ in range(ROUNDS):
        began = perf_counter()
        work()
        times.append(perf_counter() - began)
    return min(times) * 1000
