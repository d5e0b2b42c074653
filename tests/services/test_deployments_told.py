"""The same version told by several, in any order, and what may be told at all."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from environments.models import Deployment, Environment, State
from environments.services import deployment_checks
from environments.services.deployment_telling import tell
from environments.services.deployment_versions import Version
from tests import factories
from tests.support.deploying import (
    NOW,
    REPOSITORY,
    chat,
    ecr_has,
    ecr_showed,
    redeploys,
    resolving,
    run,
    start,
    statuses,
    takes,
    told,
)

pytestmark = pytest.mark.django_db
PUSHED, LATER = NOW - timedelta(minutes=1), NOW + timedelta(minutes=10)


@pytest.fixture(autouse=True)
def kind(scripted: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    return resolving(scripted, monkeypatch)


# -- told again --------------------------------------------------------------------------------------------------------


def test_told_again_it_is_the_same_row_and_only_what_was_not_known_is_filled_in() -> None:
    environment = chat()
    row = told(environment, commit="3f2a9c1", author="Mina Jung", note="Login by passkey")
    pushed = Version(tag="2.15.0", repository=REPOSITORY, digest="sha256:1", author="Robot", pushed_at=PUSHED)
    tell(environment=environment, versions=[pushed], origin=Deployment.Origin.PUSH, now=NOW + timedelta(seconds=3))
    row.refresh_from_db()
    assert (row.digest, row.commit, row.author, row.origin) == ("sha256:1", "3f2a9c1", "Mina Jung", "api")
    assert (row.received_at, Deployment.objects.count(), redeploys()) == (NOW, 1, 1)


def test_told_by_a_push_first_the_pipeline_adds_who_and_what() -> None:
    environment = chat()
    pushed = Version(tag="2.15.0", repository=REPOSITORY, digest="sha256:1", pushed_at=PUSHED)
    (row,) = tell(environment=environment, versions=[pushed], origin=Deployment.Origin.PUSH, now=NOW)
    manager = factories.manager()
    later = Version(tag="2.15.0", repository=REPOSITORY, commit="3f2a9c1", author="Mina Jung")
    tell(environment=environment, versions=[later], origin=Deployment.Origin.API, user=manager, now=NOW)
    row.refresh_from_db()
    assert (row.commit, row.author, row.user, row.origin) == ("3f2a9c1", "Mina Jung", manager, "push")
    assert redeploys() == 1


def test_a_tag_that_moves_is_a_new_version_with_another_image_or_commit_or_much_later() -> None:
    environment = chat(on_push="next_start")
    first = told(environment, "develop", digest="sha256:1")
    assert told(environment, "develop", digest="sha256:1").pk == first.pk
    second = told(environment, "develop", digest="sha256:2")
    assert second.pk != first.pk
    third = told(environment, "develop", commit="3f2a9c1", now=NOW + timedelta(minutes=5))
    assert third.pk == second.pk, "the pipeline tells of what was just pushed"
    fourth = told(environment, "develop", commit="77aa001", now=NOW + timedelta(minutes=10))
    assert fourth.pk != third.pk
    assert told(environment, "develop", now=NOW + timedelta(hours=3)).pk not in {fourth.pk, third.pk}
    assert Deployment.objects.filter(status="waiting").count() == 1


def test_two_names_of_an_image_are_one_deployment_named_by_the_one_that_tells_more() -> None:
    environment = chat(on_push="next_start")
    told(environment, "latest", digest="sha256:1")
    row = told(environment, "2.15.0", digest="sha256:1")
    assert (Deployment.objects.get(), row.tag) == (row, "2.15.0")


def test_two_names_that_turn_out_to_be_one_image_become_one_deployment() -> None:
    environment = chat(on_push="next_start")
    row = told(environment, "2.15.0", commit="3f2a9c1")
    ecr_showed("latest", NOW + timedelta(minutes=1), "sha256:1")
    told(environment, "latest", digest="sha256:1")
    assert statuses() == {"2.15.0": "replaced", "latest": "waiting"}
    told(environment, "2.15.0", digest="sha256:1")
    row.refresh_from_db()
    assert (Deployment.objects.get(), row.status, row.commit) == (row, "waiting", "3f2a9c1")


def test_a_newer_version_replaces_what_waits_and_nothing_of_another_repository() -> None:
    environment = chat(on_push="next_start")
    takes(environment, "chat-web")
    told(environment, "2.14.0")
    told(environment, "9.0", repository="chat-web")
    ecr_showed("2.15.0", NOW + timedelta(minutes=1))
    told(environment, "2.15.0")
    assert statuses() == {"2.14.0": "replaced", "9.0": "waiting", "2.15.0": "waiting"}


def test_what_is_told_late_of_what_runs_already_replaces_nothing_that_waits(scripted: Any) -> None:
    environment = chat(State.STOPPED, "next_start")
    ecr_has(scripted, ("2.15.0", PUSHED))
    environment = start(environment)
    told(environment, "2.16.0", now=NOW + timedelta(minutes=5))
    told(environment, "2.15.0", now=NOW + timedelta(minutes=6))
    assert statuses() == {"2.16.0": "waiting", "2.15.0": "done"}


def test_what_failed_and_is_told_once_more_replaces_nothing_that_was_told_since(scripted: Any) -> None:
    environment = chat(on_push="next_start")
    told(environment, "2.15.0")
    Deployment.objects.update(status="failed")
    told(environment, "2.16.0", now=NOW + timedelta(minutes=5))
    told(environment, "2.15.0", now=NOW + timedelta(minutes=6))
    assert statuses() == {"2.15.0": "waiting", "2.16.0": "waiting"}


def test_tags_of_different_targets_in_one_repository_do_not_replace_each_other() -> None:
    environment = factories.environment(schedule=None, state=State.STOPPED)
    takes(environment, pattern="api-*")
    takes(environment, pattern="web-*")
    for minutes, tag in enumerate(("api-1", "web-1", "api-2")):
        ecr_showed(tag, NOW + timedelta(minutes=minutes))
        told(environment, tag)
    assert statuses() == {"api-1": "replaced", "web-1": "waiting", "api-2": "waiting"}


def test_a_tag_of_which_ecr_has_shown_no_image_replaces_nothing_that_waits() -> None:
    environment = chat(on_push="next_start")
    told(environment, "3.0.0")
    told(environment, "5.0.0", now=NOW + timedelta(minutes=5))
    assert statuses() == {"3.0.0": "waiting", "5.0.0": "waiting"}


def test_an_image_that_was_pushed_before_replaces_nothing_however_late_it_is_told() -> None:
    environment = chat(on_push="next_start")
    ecr_showed("2.13.9", NOW - timedelta(days=9))
    ecr_showed("3.0.0", PUSHED)
    told(environment, "3.0.0")
    told(environment, "2.13.9", now=NOW + timedelta(minutes=5))
    assert statuses() == {"3.0.0": "waiting", "2.13.9": "waiting"}


def test_several_of_a_moment_are_one_redeploy_and_of_those_that_wait_the_newest_stays() -> None:
    versions = [
        Version(tag="2.15.1", repository=REPOSITORY, digest="sha256:2", pushed_at=NOW),
        Version(tag="2.15.0", repository=REPOSITORY, digest="sha256:1", pushed_at=PUSHED),
    ]
    tell(environment=chat(), versions=versions, origin=Deployment.Origin.PUSH, now=NOW)
    assert redeploys() == 1
    Deployment.objects.all().delete()
    later = chat(on_push="next_start", name="chat-qa")
    tell(environment=later, versions=versions, origin=Deployment.Origin.PUSH, now=NOW)
    assert statuses() == {"2.15.1": "waiting", "2.15.0": "replaced"}


def test_telling_costs_the_same_for_a_short_and_for_a_long_history() -> None:
    environment = chat(on_push="next_start")

    def cost(tag: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            told(environment, tag)
        return len(queries)

    told(environment, "1.0")
    few = cost("1.1")
    for n in range(30):
        told(environment, f"2.{n}")
    assert cost("3.0") == few


# -- told of what ran before -------------------------------------------------------------------------------------------


def ran_before(scripted: Any, environment: Environment) -> Environment:
    """2.14.2 was told and taken; then 2.14.3 was."""
    for minutes, tag in enumerate(("2.14.2", "2.14.3")):
        at = NOW + timedelta(minutes=minutes)
        told(environment, tag, now=at)
        ecr_has(scripted, (tag, at))
        environment = run(environment, at)
    return environment


def test_a_version_that_ran_and_does_not_any_more_is_never_answered_as_done(scripted: Any) -> None:
    environment = ran_before(scripted, chat())
    before = Deployment.objects.get(tag="2.14.2")
    again = told(environment, "2.14.2", now=LATER)
    assert (again.pk != before.pk, again.status, redeploys()) == (True, "taken", 3)
    before.refresh_from_db()
    assert before.status == "done", "what ran when stays as it was"


def test_told_again_what_runs_is_the_same_row_and_done(scripted: Any) -> None:
    environment = ran_before(scripted, chat())
    again = told(environment, "2.14.3", now=LATER)
    assert (again.pk, again.status, redeploys()) == (Deployment.objects.latest("pk").pk, "done", 2)


def test_what_ran_before_an_environment_was_stopped_waits_for_its_next_start(scripted: Any) -> None:
    environment = ran_before(scripted, chat())
    Environment.objects.update(state=State.STOPPED)
    assert told(environment, "2.14.3", now=LATER).status == "waiting"
    assert told(environment, "2.14.3", now=LATER).status == "waiting"
    assert Deployment.objects.filter(tag="2.14.3").count() == 2


def test_what_takes_no_images_of_ecr_runs_the_version_that_it_took_last() -> None:
    environment = chat()
    environment.targets.get().parameters.all().delete()
    for minutes, tag in enumerate(("2.14.2", "2.14.3")):
        told(environment, tag, repository="", now=NOW + timedelta(minutes=minutes))
        run(environment, NOW + timedelta(minutes=minutes))
        environment.refresh_from_db()
    assert told(environment, "2.14.3", repository="", now=LATER).status == "done"
    assert told(environment, "2.14.2", repository="", now=LATER).status == "taken"


@pytest.mark.parametrize("became", ["replaced", "failed"])
def test_an_image_that_was_pushed_again_after_it_was_passed_over_is_taken(became: str) -> None:
    environment = chat(on_push="next_start")
    told(environment, "2.14.2")
    Deployment.objects.update(status=became, ended_at=NOW)
    Environment.objects.update(on_push="at_once")
    for pushed_at, status in ((PUSHED, became), (LATER, "taken")):
        again = Version(tag="2.14.2", repository=REPOSITORY, digest="sha256:2", pushed_at=pushed_at)
        (row,) = tell(environment=environment, versions=[again], origin=Deployment.Origin.PUSH, now=LATER)
        assert row.status == status


# -- what may be told --------------------------------------------------------------------------------------------------


def refused(environment: Environment, **fields: Any) -> set[str]:
    with pytest.raises(ValidationError) as error:
        deployment_checks.checked(environment, Version(**({"tag": "2.15.0"} | fields)))
    return set(error.value.message_dict)


def test_the_repository_may_be_left_out_where_there_is_exactly_one() -> None:
    environment = chat()
    assert deployment_checks.checked(environment, Version(tag="2.15.0")).repository == REPOSITORY
    takes(environment, "chat-web")
    assert refused(environment) == {"repository"}


def test_a_repository_that_it_does_not_take_from_is_refused() -> None:
    assert refused(chat(), repository="other") == {"repository"}


def test_what_takes_no_images_of_ecr_is_told_of_without_a_repository(scripted: Any) -> None:
    environment = chat()
    environment.targets.get().parameters.all().delete()
    assert deployment_checks.checked(environment, Version(tag="develop")).repository == ""
    assert refused(environment, repository=REPOSITORY) == {"repository"}
    scripted.redeploys = False
    assert refused(environment) == {"repository"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tag", "-2.15"),
        ("tag", "a b"),
        ("tag", "x" * 129),
        ("commit", "3f2a9c"),
        ("commit", "not-a-commit"),
        ("digest", "sha256:1"),
        ("link", "javascript:alert(1)"),
        ("link", "ftp://example.com/"),
        ("link", "https://example.com/" + "a" * 500),
        ("note", "n" * 1001),
        ("author", "n" * 201),
    ],
)
def test_what_cannot_be_is_refused_naming_the_field(field: str, value: str) -> None:
    assert refused(chat(), **{field: value}) == {field}


def test_a_tag_that_none_of_its_targets_takes_is_refused() -> None:
    environment = factories.environment(schedule=None)
    takes(environment, pattern="2.*")
    assert refused(environment, tag="3.0") == {"tag"}


# -- at once -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_many_who_tell_the_same_at_once_there_is_one_row_and_one_redeploy() -> None:
    environment, start_line, found = chat(), threading.Barrier(4), list[int]()

    def tell_it(origin: Deployment.Origin, digest: str) -> None:
        version = Version(tag="2.15.0", repository=REPOSITORY, digest=digest)
        start_line.wait(10)
        try:
            found.extend(row.pk for row in tell(environment=environment, versions=[version], origin=origin, now=NOW))
        finally:
            connections.close_all()

    ways = [(Deployment.Origin.API, ""), (Deployment.Origin.PUSH, "sha256:1"), (Deployment.Origin.POLL, "sha256:1")]
    threads = [threading.Thread(target=tell_it, args=way) for way in [*ways, (Deployment.Origin.API, "")]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    row = Deployment.objects.get()
    assert (found, row.digest, row.status) == ([row.pk] * 4, "sha256:1", "taken")
    assert redeploys() == 1
