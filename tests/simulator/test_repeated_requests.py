"""The same request twice acts once, when it carries a token; without one it is told that it is too late."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.simulator.stacks import Stacks, refusal, template, topic
from tests.support.simulator import Simulator

OTHER = template({"Topic": topic(DisplayName="other")})


def test_a_creation_repeated_with_its_token_gives_the_same_stack(stacks: Stacks) -> None:
    first = stacks.create("demo", ClientRequestToken="one")
    stacks.status("demo")

    assert stacks.create("demo", ClientRequestToken="one") == first
    assert stacks.events("demo").count(("demo", "CREATE_IN_PROGRESS")) == 1


@pytest.mark.parametrize("more", [{}, {"ClientRequestToken": "two"}])
def test_a_creation_with_another_token_finds_the_name_taken(stacks: Stacks, more: dict[str, str]) -> None:
    stacks.create("demo", ClientRequestToken="one")
    with pytest.raises(ClientError) as refused:
        stacks.create("demo", **more)

    assert refusal(refused.value) == ("AlreadyExistsException", "Stack [demo] already exists")


def test_a_creation_repeated_after_the_deletion_creates_nothing(stacks: Stacks) -> None:
    first = stacks.create("demo", ClientRequestToken="one")
    stacks.client.delete_stack(StackName="demo")
    assert stacks.living() == {}

    assert stacks.create("demo", ClientRequestToken="one") == first
    assert stacks.living() == {}


def test_a_deletion_repeated_with_its_token_spares_the_next_stack_of_that_name(stacks: Stacks) -> None:
    stacks.create("demo")
    stacks.client.delete_stack(StackName="demo", ClientRequestToken="one")
    assert stacks.living() == {}
    stacks.create("demo")
    stacks.client.delete_stack(StackName="demo", ClientRequestToken="one")

    assert stacks.living() == {"demo": "CREATE_COMPLETE"}


def test_an_update_repeated_with_its_token_acts_once(stacks: Stacks) -> None:
    stacks.create("demo")
    stacks.status("demo")
    for _ in range(2):
        stacks.client.update_stack(StackName="demo", TemplateBody=OTHER, ClientRequestToken="one")

    assert stacks.status("demo") == "UPDATE_COMPLETE"
    assert stacks.events("demo").count(("demo", "UPDATE_IN_PROGRESS")) == 1


def test_the_events_carry_the_token_of_the_request_they_came_of(stacks: Stacks) -> None:
    stacks.create("demo", ClientRequestToken="one")
    stacks.status("demo")

    assert {event["ClientRequestToken"] for event in stacks.full_events("demo")} == {"one"}


def test_the_same_token_may_create_stacks_of_several_names(aws: Simulator, stacks: Stacks) -> None:
    assert stacks.create("a", ClientRequestToken="one") != stacks.create("b", ClientRequestToken="one")
