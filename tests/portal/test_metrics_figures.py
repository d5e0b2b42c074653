"""What `/metrics` says, figure by figure; that the guide names each, and the dashboard none that is not there."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from environments.models import Environment
from notifications.figures import STATES
from notifications.models import Arrival, Channel, ChatApp, ChatRequest, ContactGroup, Delivery, Escalation, Event
from portal import metrics
from portal.models import Pulse, TaskTally
from tests import factories
from tests.support.times import monday

pytestmark = pytest.mark.django_db

NOW = monday("10:00")
AGO = timedelta(minutes=2)
DOCS = settings.BASE_DIR / "docs"


def figures() -> dict[tuple[str, ...], float]:
    """Each value by its name and the values of its labels, in the order of these."""
    return {
        (sample.name, *(sample.labels[label] for label in sorted(sample.labels))): sample.value
        for metric in metrics.collected(NOW)
        for sample in metric.samples
    }


def event(**fields: Any) -> Event:
    return Event.objects.create(kind="test", severity="info", title={"en": "x"}, **({"at": NOW - AGO} | fields))


def delivery(of: Event, status: str, **fields: Any) -> Delivery:
    if "channel" not in fields:
        fields["channel"] = Channel.objects.get_or_create(name="room", defaults={"kind": "discord"})[0]
    values = {"not_before": NOW - AGO, "deadline_at": NOW + AGO, "why": "rule", "recipient": str(of.pk)} | fields
    return Delivery.objects.create(event=of, status=status, **values)


def test_environments_are_counted_by_state_and_no_state_is_missing() -> None:
    factories.environment("a", state="running")
    factories.environment("b", state="running")
    found = figures()

    assert found["daybreak_environments", "running"] == 2
    assert found["daybreak_environments", "failed_to_start"] == 0


def test_plans_that_nobody_has_read_in_time_show() -> None:
    factories.environment("a", next_transition_at=NOW - timedelta(seconds=90))
    factories.environment("b", next_transition_at=NOW + timedelta(seconds=90))
    found = figures()

    assert found["daybreak_transitions_due",] == 1
    assert found["daybreak_transitions_due_oldest_seconds",] == 90


def test_operations_of_the_last_day_are_counted_by_kind_trigger_and_outcome() -> None:
    of = factories.environment()
    factories.operation(of, "start", at=NOW - timedelta(hours=23))
    factories.operation(of, "start", "failed", at=NOW - timedelta(hours=2), trigger="hold")
    factories.operation(of, "start", at=NOW - timedelta(hours=25))
    found = {key[1:]: value for key, value in figures().items() if key[0] == "daybreak_operations_24h"}

    assert found == {("start", "succeeded", "schedule"): 1, ("start", "failed", "hold"): 1}


def test_an_operation_that_is_due_and_held_by_nobody_shows_how_long_it_waits() -> None:
    waiting = {"not_before": NOW - timedelta(seconds=40), "started_at": None, "planned_at": NOW - timedelta(seconds=55)}
    factories.operation(factories.environment("a"), "start", "pending", at=NOW - AGO, **waiting)
    held = {"not_before": NOW - timedelta(hours=1), "lease_token": "x", "lease_until": NOW + AGO}
    factories.operation(factories.environment("b"), "stop", "running", at=NOW - timedelta(hours=1), **held)
    found = figures()

    assert found["daybreak_operations_unfinished", "start", "pending"] == 1
    assert found["daybreak_operations_unfinished", "stop", "running"] == 1
    assert found["daybreak_operations_due_oldest_seconds",] == 40
    assert found["daybreak_transition_waiting_oldest_seconds",] == 55


def test_lateness_is_from_the_planned_time_to_the_first_step() -> None:
    for name, seconds in (("a", 4), ("b", 20), ("c", 90)):
        made = factories.operation(factories.environment(name), at=NOW - AGO, planned_at=NOW - timedelta(hours=1))
        factories.step(made, "act", started_at=NOW)
        factories.step(made, "look", started_at=NOW - timedelta(hours=1) + timedelta(seconds=seconds))
    by_hand = factories.operation(factories.environment("d"), at=NOW - AGO, trigger="hold")
    factories.step(by_hand, "look", started_at=NOW)
    found = figures()
    name = "daybreak_transition_lateness_24h"

    assert [found[f"{name}_seconds_bucket", at] for at in ("1.0", "5.0", "30.0", "60.0", "120.0", "+Inf")] == [
        *(0, 1, 2, 2, 3, 3)
    ]
    assert (found[f"{name}_seconds_gcount",], found[f"{name}_seconds_gsum",]) == (3, 114)
    assert (found[f"{name}_max_seconds",], found[f"{name}_avg_seconds",]) == (90, 38)


def test_checks_that_are_switched_on_are_counted_by_what_they_say() -> None:
    of = factories.environment(state="running")
    factories.http_check(of, "API", state="down")
    factories.http_check(of, "page", state="up")
    factories.http_check(of, "old", state="down", is_on=False)
    found = figures()

    assert (found["daybreak_checks", "http", "down"], found["daybreak_checks", "http", "up"]) == (1, 1)


def test_the_queue_of_messages_tells_what_is_due_from_what_was_put_off() -> None:
    delivery(event(), "pending", not_before=NOW - timedelta(seconds=70))
    delivery(event(), "retry", not_before=NOW - timedelta(seconds=10))
    delivery(event(), "pending", not_before=NOW + AGO)
    delivery(event(), "sending", lease_until=NOW + AGO, lease_token="x")
    delivery(event(), "sent", sent_at=NOW)
    found = figures()

    assert [found["daybreak_outbox_deliveries", state] for state in ("due", "later", "sending")] == [2, 1, 1]
    assert found["daybreak_outbox_oldest_seconds",] == 70


def test_what_a_channel_that_is_off_or_rests_holds_back_is_counted_apart_and_is_not_late() -> None:
    delivery(event(), "pending", not_before=NOW - timedelta(seconds=70))
    lately = NOW - timedelta(minutes=1)
    holding: dict[str, dict[str, Any]] = {
        "switched off": {"enabled": False},
        "asked to wait": {"paused_until": NOW + AGO},
        "rests": {"failures": 7, "paused_until": NOW + AGO},
        "about to try one": {"failures": 7, "paused_until": lately},
    }
    for name, values in holding.items():
        held_by = Channel.objects.create(name=name, kind="discord", **values)
        delivery(event(), "pending", channel=held_by, not_before=NOW - timedelta(hours=3))
    well = Channel.objects.create(name="well again", kind="discord", paused_until=lately)
    delivery(event(), "retry", channel=well)
    delivery(event(), "pending", channel=held_by, why="asked")
    found = figures()

    assert [found["daybreak_outbox_deliveries", state] for state in ("due", "held", "later", "sending")] == [3, 4, 0, 0]
    assert found["daybreak_outbox_oldest_seconds",] == AGO.total_seconds()


def test_messages_of_a_day_are_counted_by_kind_of_channel_and_outcome() -> None:
    delivery(event(), "sent", sent_at=NOW)
    delivery(event(), "sent", sent_at=NOW)
    delivery(event(), "failed")
    delivery(event(at=NOW - timedelta(hours=25)), "failed")
    found = figures()

    assert found["daybreak_deliveries_24h", "discord", "sent"] == 2
    assert found["daybreak_deliveries_24h", "discord", "failed"] == 1


def test_what_came_in_and_waits_shows_and_so_do_open_escalations() -> None:
    Arrival.objects.create(door="ping", received_at=NOW - timedelta(seconds=7))
    Arrival.objects.create(door="ping", received_at=NOW - AGO, judged_at=NOW, outcome="success")
    group = ContactGroup.objects.create(name="Night")
    Escalation.objects.create(event=event(), group=group, began_at=NOW, next_at=NOW)
    Escalation.objects.create(event=event(), group=group, began_at=NOW, ended_at=NOW, end="over")
    found = figures()

    assert (found["daybreak_arrivals_waiting",], found["daybreak_arrivals_oldest_seconds",]) == (1, 7)
    assert found["daybreak_escalations_open",] == 1


def test_requests_in_chats_show_what_is_owed_and_what_became_of_a_day_s() -> None:
    app = ChatApp.objects.create(name="Room", kind="jandi", digest="d")
    values: dict[str, Any] = {"app": app, "text": "status", "language": "en"}
    ChatRequest.objects.create(**values, key="1", received_at=NOW - AGO, next_at=NOW - timedelta(seconds=3))
    ChatRequest.objects.create(**values, key="2", received_at=NOW - AGO, state="answered")
    ChatRequest.objects.create(**values, key="3", received_at=NOW - timedelta(days=2), state="answered")
    found = figures()

    assert (found["daybreak_chat_requests_due",], found["daybreak_chat_requests_oldest_seconds",]) == (1, 3)
    assert found["daybreak_chat_requests_24h", "jandi", "answered"] == 1


def test_processes_show_by_their_signs_of_life() -> None:
    Pulse.objects.create(name="worker", host="a", process=1, at=NOW - timedelta(seconds=3))
    Pulse.objects.create(name="worker", host="b", process=1, at=NOW - timedelta(minutes=5))
    found = figures()

    assert (found["daybreak_processes", "worker"], found["daybreak_processes", "beat"]) == (1, 0)
    assert found["daybreak_pulse_age_seconds", "worker"] == 3
    assert ("daybreak_pulse_age_seconds", "beat") not in found


def test_periodic_tasks_show_as_they_were_counted() -> None:
    TaskTally.objects.create(task="t", runs=4, failures=1, seconds=2.5, last_seconds=0.5, last_at=NOW - AGO)
    found = figures()

    assert found["daybreak_task_runs_total", "t"] == found["daybreak_task_seconds_count", "t"] == 4
    assert (found["daybreak_task_failures_total", "t"], found["daybreak_task_seconds_sum", "t"]) == (1, 2.5)
    assert (found["daybreak_task_last_seconds", "t"], found["daybreak_task_last_run_age_seconds", "t"]) == (0.5, 120)


def test_the_guide_names_each_figure_and_no_other() -> None:
    exported = {metric.name for metric in metrics.collected(timezone.now())}
    named = set(re.findall(r"^\| `(daybreak_\w+)", (DOCS / "metrics.md").read_text(), re.MULTILINE))

    assert {name.removesuffix("_total") for name in named} == exported


def test_the_guide_its_alerts_and_the_dashboard_know_the_same_states_of_a_message() -> None:
    guide = (DOCS / "metrics.md").read_text()
    (row,) = re.findall(r"^\| `daybreak_outbox_deliveries` \| `state` \| (.*) \|$", guide, re.MULTILINE)
    panels = json.loads((DOCS / "grafana" / "daybreak.json").read_text())["panels"]
    drawn = [(panel, target) for panel in panels for target in panel.get("targets", ())]
    legends = [of["legendFormat"] for _panel, of in drawn if of["expr"] == "daybreak_outbox_deliveries"]
    waits = [panel["description"] for panel, of in drawn if of["expr"] == "daybreak_outbox_oldest_seconds"]

    assert re.findall(r"`(\w+)`", row) == list(STATES)
    assert set(re.findall(r'daybreak_outbox_deliveries\{state="(\w+)"\}', guide)) == {"held"}
    assert legends == ["{{state}}"]
    assert [("held" in said) for said in waits] == [True, True]


def test_the_dashboard_draws_figures_that_there_are() -> None:
    board = json.loads((DOCS / "grafana" / "daybreak.json").read_text())
    shown = [target["expr"] for panel in board["panels"] for target in panel.get("targets", ())]
    exported = {metric.name for metric in metrics.collected(timezone.now())}
    suffixes = ("_total", "_bucket", "_gsum", "_gcount", "_sum", "_count")
    known = exported | {name + suffix for name in exported for suffix in suffixes}
    named = {name for expr in shown for name in re.findall(r"daybreak_\w+", expr)}

    assert named - known == set()
    assert {name for name in exported if not any(name in expr for expr in shown)} == set(), "each is drawn somewhere"


def test_the_dashboard_can_be_imported_anywhere() -> None:
    board = json.loads((DOCS / "grafana" / "daybreak.json").read_text())
    panels = [panel for panel in board["panels"] if panel["type"] != "row"]

    assert board["id"] is None
    assert [one["type"] for one in board["__inputs"]] == ["datasource"]
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    assert {panel["datasource"]["uid"] for panel in panels} == {"${DS_PROMETHEUS}"}
    assert all(0 < panel["gridPos"]["w"] + panel["gridPos"]["x"] <= 24 for panel in board["panels"])


def test_an_environment_that_is_removed_takes_its_operations_out_of_the_figures() -> None:
    factories.operation(factories.environment(), at=NOW - AGO)
    Environment.objects.all().delete()

    assert not [key for key in figures() if key[0] == "daybreak_operations_24h"]
