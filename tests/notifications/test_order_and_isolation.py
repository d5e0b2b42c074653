"""Many messages: their order, their independence, and workers that race or die."""

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection, connections

from notifications import dispatch, wakeups
from notifications.models import Channel, Delivery
from notifications.models.delivery import LANES, LEASE
from notifications.outbox import send_again

from . import discord_server as replies
from .conftest import MONDAY, fresh, later, owe, say
from .discord_server import Discord


@pytest.mark.django_db
class TestOrder:
    def test_messages_of_one_environment_keep_their_order_in_a_channel(
        self, channel: Channel, discord: Discord
    ) -> None:
        discord.answers(replies.broken)
        starting, ready = owe("chat-dev is starting"), owe("chat-dev is ready", now=later(minutes=5))
        assert dispatch.deliver(starting.pk, later(minutes=5)) == "retry"
        assert dispatch.deliver(ready.pk, later(minutes=5)) is None
        assert dispatch.deliver(starting.pk, later(minutes=6)) == "sent"
        assert dispatch.deliver(ready.pk, later(minutes=6)) == "sent"
        assert discord.titles() == ["chat-dev is starting", "chat-dev is ready"]

    def test_another_environment_does_not_wait(self, channel: Channel, discord: Discord) -> None:
        discord.answers(replies.broken)
        dispatch.deliver(owe("chat-dev is starting").pk, MONDAY)
        other = owe("shop-dev is starting", labels={"environment": "shop-dev"})
        assert dispatch.deliver(other.pk, MONDAY) == "sent"

    def test_messages_about_no_environment_wait_for_nothing(self, channel: Channel, discord: Discord) -> None:
        discord.answers(replies.broken)
        dispatch.deliver(owe("first", labels={}).pk, MONDAY)
        assert dispatch.deliver(owe("second", labels={}).pk, MONDAY) == "sent"

    def test_a_message_that_failed_holds_up_nothing(self, channel: Channel, discord: Discord) -> None:
        discord.answers(replies.refuse(400))
        first, second = owe("first"), owe("second")
        assert dispatch.deliver(first.pk, MONDAY) == "failed"
        assert dispatch.deliver(second.pk, MONDAY) == "sent"

    def test_each_delivery_wakes_the_next_of_its_channel(
        self, channel: Channel, woken: list[int], discord: Discord
    ) -> None:
        first, second = owe("first"), owe("second")
        dispatch.deliver(first.pk, MONDAY)
        assert woken == [second.pk]


@pytest.mark.django_db
class TestSweep:
    def test_a_message_that_nobody_was_told_of_is_found(self, channel: Channel, woken: list[int]) -> None:
        delivery = owe()
        assert dispatch.sweep(later(seconds=10)).woken == 1
        assert woken == [delivery.pk]

    def test_every_channel_gets_its_turn_however_much_another_one_owes(
        self, make_channel: Callable[..., Channel], woken: list[int]
    ) -> None:
        busy = make_channel("busy")
        for number in range(20):
            say(str(number), labels={"environment": str(number)})
        quiet = make_channel("quiet", event_kinds=["rare"])
        say("rare", kind="rare", labels={})
        dispatch.sweep(later(seconds=10))
        channels = list(Delivery.objects.filter(pk__in=woken).values_list("channel", flat=True))
        assert (channels.count(busy.pk), channels.count(quiet.pk)) == (LANES, 1)

    def test_a_channel_never_has_more_messages_under_way_than_lanes(self, channel: Channel) -> None:
        owed = [owe(str(number), labels={"environment": str(number)}) for number in range(LANES + 1)]
        assert [delivery.claim(MONDAY) is not None for delivery in owed] == [True] * LANES + [False]
        assert dispatch.due(channel, MONDAY) == []
        # A worker that died does not keep its lane.
        assert owed[-1].claim(MONDAY + LEASE) is not None

    def test_a_worker_that_died_while_sending_leaves_an_unknown_that_a_person_may_repeat(
        self, channel: Channel, discord: Discord
    ) -> None:
        delivery = owe()
        delivery.claim(MONDAY)
        assert dispatch.sweep(MONDAY + LEASE / 2).unknown == 0
        assert dispatch.sweep(MONDAY + LEASE).unknown == 1
        lost = fresh(delivery)
        assert (lost.status, lost.attempt_log.get().outcome) == ("unknown", "unknown")
        assert dispatch.deliver(delivery.pk, later(hours=1)) is None
        assert send_again(delivery=delivery, now=later(hours=1))
        assert dispatch.deliver(delivery.pk, later(hours=1)) == "sent"

    def test_a_worker_that_was_only_late_is_believed(self, channel: Channel) -> None:
        delivery = owe()
        attempt = delivery.claim(MONDAY)
        dispatch.sweep(MONDAY + LEASE)
        assert fresh(delivery).status == "unknown"
        assert delivery.mark_sent(MONDAY + 2 * LEASE, "1")
        assert attempt is not None
        assert fresh(delivery).status == "sent"

    def test_a_late_answer_does_not_touch_a_delivery_that_was_sent_again(self, channel: Channel) -> None:
        delivery = owe()
        delivery.claim(MONDAY)
        dispatch.sweep(MONDAY + LEASE)
        send_again(delivery=fresh(delivery), now=later(hours=1))
        assert not delivery.mark_sent(later(hours=2), "1")
        assert fresh(delivery).status == "pending"

    def test_two_sweeps_at_once_do_no_harm(self, channel: Channel) -> None:
        delivery = owe()
        delivery.claim(MONDAY)
        assert dispatch.sweep(MONDAY + LEASE).unknown + dispatch.sweep(MONDAY + LEASE).unknown == 1


def test_claiming_compares_the_status_in_the_row_itself(
    channel: Channel, django_assert_num_queries: Callable[..., object]
) -> None:
    delivery = owe()
    with django_assert_num_queries(4) as queries:  # type: ignore[attr-defined]
        delivery.claim(MONDAY)
    update = next(query["sql"] for query in queries if query["sql"].startswith("UPDATE"))
    # `pk IN (SELECT …)`, Django's form for joins, would let two workers win on PostgreSQL.
    assert '"id" IN (SELECT' not in update


class Workers:
    """Stands for a broker and its workers: threads that take what `wake` puts into a queue."""

    def __init__(self, number: int) -> None:
        self._wakes: queue.Queue[int | None] = queue.Queue()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(number)]

    def wake(self, delivery_ids: Iterable[int]) -> None:
        for delivery_id in delivery_ids:
            self._wakes.put(delivery_id)

    def __enter__(self) -> "Workers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        for _thread in self._threads:
            self._wakes.put(None)
        for thread in self._threads:
            thread.join(30)

    def _work(self) -> None:
        while (delivery_id := self._wakes.get()) is not None:
            dispatch.deliver(delivery_id, MONDAY)
        connections.close_all()


@pytest.mark.django_db(transaction=True)
class TestRealWorkers:
    def test_many_workers_deliver_each_message_once(self, channel: Channel, discord: Discord) -> None:
        delivery = owe()
        barrier = threading.Barrier(6)

        def race(_worker: int) -> object:
            barrier.wait()
            try:
                return dispatch.deliver(delivery.pk, MONDAY)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(6) as pool:
            results = list(pool.map(race, range(6)))
        assert sorted(results, key=str) == [None] * 5 + ["sent"]
        assert len(discord.requests) == 1

    def test_a_dead_channel_delays_only_itself(
        self, make_channel: Callable[..., Channel], discord: Discord, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_channel("dead"), make_channel("well", per_minute=600), make_channel("slow", per_minute=600)
        discord.always_answers(replies.hang, webhook="dead")
        discord.always_answers(replies.slow(0.01), webhook="slow")
        workers = Workers(LANES + 2)
        monkeypatch.setattr(wakeups, "wake", workers.wake)
        # The dead channel comes first in line, and holds its lanes for the whole test.
        with workers:
            for number in range(10):
                say(str(number), labels={"environment": str(number)})
            well = Delivery.objects.exclude(channel__name="dead")
            deadline = threading.Event()
            for _ in range(500):
                if well.filter(status="sent").count() == 20:
                    break
                deadline.wait(0.02)
            dead = Delivery.objects.filter(channel__name="dead")
            assert well.filter(status="sent").count() == 20
            assert dead.filter(status="sending").count() == LANES
            assert dead.filter(status="pending").count() == 10 - LANES
            Channel.objects.filter(name="dead").update(enabled=False)
            discord.released.set()
        assert sorted(discord.titles("well"), key=int) == [str(number) for number in range(10)]
        assert len(discord.titles()) == 20

    def test_killed_between_the_request_and_its_answer_nothing_is_sent_twice_or_called_sent(
        self, channel: Channel, discord: Discord
    ) -> None:
        def take_and_hang(handler: replies.Handler) -> None:
            handler.store()
            replies.hang(handler)

        discord.answers(take_and_hang)
        delivery = owe()
        worker = a_worker_process(delivery)
        try:
            assert discord.asked.wait(30)
        finally:
            worker.send_signal(signal.SIGKILL)
            worker.wait(30)
        assert fresh(delivery).status == "sending"
        assert dispatch.sweep(MONDAY + LEASE).unknown == 1
        assert dispatch.deliver(delivery.pk, MONDAY + LEASE) is None
        assert fresh(delivery).status == "unknown"
        assert len(discord.requests) == 1


def a_worker_process(delivery: Delivery) -> subprocess.Popen[bytes]:
    """A process of its own, on the test's database, that delivers one message."""
    code = (
        "import django; django.setup()\n"
        "from datetime import datetime\n"
        "from django.conf import settings\n"
        "from notifications import dispatch\n"
        "settings.NOTIFICATIONS_ALLOW_LOOPBACK_HTTP = True\n"
        f"dispatch.deliver({delivery.pk}, datetime.fromisoformat('{MONDAY.isoformat()}'))\n"
    )
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", settings.SETTINGS_MODULE),
        "TEST_DATABASE_URL": database_url(),
    }
    return subprocess.Popen([sys.executable, "-c", code], env=environment)


def database_url() -> str:
    """The address of the database that the tests use."""
    given = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{given['NAME']}"
    account = quote(given["USER"]) + (f":{quote(given['PASSWORD'])}" if given["PASSWORD"] else "")
    return f"postgresql://{account}@{given['HOST']}:{given['PORT'] or 5432}/{given['NAME']}"
