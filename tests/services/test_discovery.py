"""Which of an account's things no environment has, what is proposed of those picked, and what saving writes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied

from environments.models import Environment, State, Target, TargetParameter
from environments.services import discovery, discovery_saving, schedules
from environments.services.discovery import Pick, RefusedError, Row
from environments.services.discovery_saving import Entered, Part, Proposal
from environments.targets.client import forget_clients
from environments.targets.discovery import STACK_TAG
from tests import factories
from tests.targets.driving import STATEFUL
from tests.targets.test_discovery import SECRET
from tests.targets.worlds import world

pytestmark = pytest.mark.django_db
REGION = factories.REGION
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
MACHINE = """
Resources:
  Machine: {Type: "AWS::EC2::Instance", Properties: {ImageId: ami-1, InstanceType: t3.micro}}
"""


@pytest.fixture(autouse=True)
def portal(aws: Any) -> Iterator[None]:
    """The account, without a role to assume."""
    forget_clients()
    factories.account(role_arn="", external_id="")
    yield
    forget_clients()


@pytest.fixture
def operator(db: None) -> User:
    return factories.operator()


def rows(operator: User) -> dict[str, Row]:
    sight = discovery.look(account=factories.account(), regions=[REGION], user=operator)
    return {row.found.identifier: row for row in sight.rows}


def propose(operator: User, *picks: Pick) -> Proposal:
    return discovery_saving.propose(account=factories.account(), picks=picks, user=operator)


def save(operator: User, proposal: Proposal, *, entered: dict[int, Entered] | None = None) -> Environment:
    told = [(part, (entered or {}).get(n, Entered(part.order))) for n, part in enumerate(proposal.parts)]
    made = Environment(name=proposal.name, slug=proposal.slug, team=factories.team(), schedule=proposal.schedule)
    return discovery_saving.save(account=factories.account(), environment=made, parts=told, user=operator, now=NOW)


def refusal(operator: User, *picks: Pick) -> str:
    with pytest.raises(RefusedError) as refused:
        propose(operator, *picks)
    assert refused.value.texts["ko"]
    return refused.value.texts["en"]


def machine(aws: Any, name: str, **tags: str) -> Pick:
    machines: Any = world("ec2", aws)
    return Pick("ec2", REGION, machines.launch(name, tags))


def database(aws: Any, name: str, **tags: str) -> Pick:
    databases: Any = world("rds_instance", aws)
    databases.make(name, tags)
    return Pick("rds_instance", REGION, name)


def target(of: Environment, kind: str, identifier: str, **options: Any) -> Target:
    return Target.objects.create(
        environment=of, kind=kind, identifier=identifier, account=factories.account(), region=REGION, options=options
    )


# -- what is free ------------------------------------------------------------------------------------------------------


def test_what_an_environment_has_by_name_in_a_list_or_by_its_tags_is_not_free(aws: Any, operator: User) -> None:
    one, two, three, four = (machine(aws, name, env=name) for name in ("one", "two", "three", "four"))
    env = factories.environment()
    target(env, "ec2", f"{one.identifier}, {two.identifier}")
    target(env, "ec2", "tag:env=three")
    seen = rows(operator)
    assert [seen[pick.identifier].is_free for pick in (one, two, three, four)] == [False, False, False, True]
    holder = seen[three.identifier].holder
    assert holder
    assert (holder.name, holder.slug, holder.through) == ("chat-dev", "chat-dev", "")


def test_a_database_is_held_in_whatever_case_its_name_was_entered(aws: Any, operator: User) -> None:
    pick = database(aws, "main")
    target(factories.environment(), "rds_instance", "MAIN")
    assert rows(operator)[pick.identifier].holder


def test_what_belongs_to_a_stack_is_held_by_the_environment_of_the_stack(aws: Any, operator: User) -> None:
    aws.client("cloudformation").create_stack(StackName="web", TemplateBody=MACHINE)
    aws.advance(60)
    of_stack = next(row for row in rows(operator).values() if STACK_TAG in row.found.tags)
    assert of_stack.is_free
    target(factories.environment(), "cloudformation", "web", template_body=MACHINE)
    held = rows(operator)[of_stack.found.identifier]
    assert held.holder
    assert held.holder.through == "web"


def test_what_a_nested_stack_made_without_tagging_it_is_told_by_its_name(aws: Any, operator: User) -> None:
    aws.seed_reference()
    aws.client("cloudformation").create_stack(
        StackName="Chat",
        TemplateURL=factories.TEMPLATE_URL,
        Parameters=[{"ParameterKey": tag, "ParameterValue": "1"} for tag in factories.TAGS],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    aws.advance(600)
    services = [row for row in rows(operator).values() if row.found.kind == "ecs_service"]
    assert len(services) == 3
    assert all(row.is_free for row in services)
    assert "part of the stack Chat" in refusal(operator, Pick("cloudformation", REGION, "Chat"), services[0].pick)
    factories.chat_app(stack_name="Chat")
    held = [row.holder for row in rows(operator).values() if row.found.kind == "ecs_service"]
    assert [(one.name, one.through) for one in held if one] == [("chat-dev", "Chat")] * 3


def test_the_same_name_in_another_region_or_account_is_free(aws: Any, operator: User) -> None:
    pick = database(aws, "main")
    env = factories.environment()
    other = factories.account(name="other", account_id="210987654321", role_arn="", external_id="")
    Target.objects.create(environment=env, kind="rds_instance", identifier="main", account=other, region=REGION)
    Target.objects.create(
        environment=env, kind="rds_instance", identifier="main", account=factories.account(), region="us-east-1"
    )
    assert rows(operator)[pick.identifier].is_free


def test_only_those_who_may_add_environments_make_the_portal_ask_aws(aws: Any) -> None:
    aws.forget_requests()
    for person in (factories.viewer(), factories.manager()):
        with pytest.raises(PermissionDenied):
            discovery.look(account=factories.account(), regions=[REGION], user=person)
        with pytest.raises(PermissionDenied):
            propose(person, Pick("ec2", REGION, "i-0123456789abcdef0"))
    assert aws.requests() == []


def test_a_look_reads_the_database_a_fixed_number_of_times(
    aws: Any, operator: User, django_assert_num_queries: Any
) -> None:
    env = factories.environment()
    for name in ("one", "two", "three"):
        target(env, "ec2", machine(aws, name).identifier)
    operator.has_perms(discovery.NEEDED)
    account = factories.account()
    with django_assert_num_queries(2):
        discovery.look(account=account, regions=[REGION], user=operator)


# -- the proposal ------------------------------------------------------------------------------------------------------


def test_the_name_comes_from_the_tags_and_is_one_that_nobody_has(aws: Any, operator: User) -> None:
    pick = machine(aws, "Chat Dev")
    assert (propose(operator, pick).name, propose(operator, pick).slug) == ("Chat Dev", "chat-dev")
    factories.environment("chat-dev")
    assert (propose(operator, pick).name, propose(operator, pick).slug) == ("Chat Dev-2", "chat-dev-2")


def test_several_are_named_for_what_their_tags_have_in_common(aws: Any, operator: User) -> None:
    picks = [machine(aws, "web", Environment="shop-dev"), database(aws, "db", Environment="shop-dev")]
    assert propose(operator, *picks).name == "shop-dev"
    assert propose(operator, *picks, machine(aws, "other")).name == "shop-dev"


def test_databases_start_first_then_stacks_machines_and_services(aws: Any, operator: User) -> None:
    services: Any = world("ecs_service", aws)
    services.make("api")
    world("cloudformation", aws).running("net")
    picks = [
        Pick("ecs_service", REGION, "chat/api"),
        machine(aws, "web"),
        Pick("cloudformation", REGION, "net"),
        database(aws, "db"),
    ]
    proposal = propose(operator, *picks)
    assert [(part.pick.kind, part.order) for part in proposal.parts] == [
        ("rds_instance", 1),
        ("cloudformation", 2),
        ("ec2", 3),
        ("ecs_service", 4),
    ]


def test_a_stack_comes_with_what_its_stop_would_destroy(aws: Any, operator: User) -> None:
    aws.client("cloudformation").create_stack(StackName="demo", TemplateBody=STATEFUL)
    aws.advance(60)
    part = propose(operator, Pick("cloudformation", REGION, "demo")).parts[0]
    assert part.recipe
    assert [one.logical_id for one in part.recipe.findings] == ["Table"]


def test_what_is_not_there_held_or_no_target_is_refused_with_the_reason(aws: Any, operator: User) -> None:
    assert "no “i-0123456789abcdef0”" in refusal(operator, Pick("ec2", REGION, "i-0123456789abcdef0"))
    held = machine(aws, "held")
    target(factories.environment(), "ec2", held.identifier)
    assert "“chat-dev” already" in refusal(operator, held)
    world("rds_cluster", aws).running("aurora")
    assert "cannot be switched" in refusal(operator, Pick("rds_instance", REGION, "aurora-0"))
    assert "Pick at least one" in refusal(operator)
    assert "nothing that was offered" in refusal(operator, Pick("ec2", "us-east-1", held.identifier))
    assert "more than 50" in refusal(operator, *(Pick("ec2", REGION, f"i-{n:017x}") for n in range(51)))


def test_a_key_that_no_page_has_sent_is_refused() -> None:
    for key in ("", "ec2", "ec2|x", "kettle|ap-northeast-2|x", "ec2|ap-northeast-2|"):
        with pytest.raises(RefusedError):
            Pick.of(key)
    assert Pick.of("ec2|r|a|b").identifier == "a|b"


def test_a_thing_of_a_picked_stack_and_one_picked_twice_are_refused(aws: Any, operator: User) -> None:
    aws.client("cloudformation").create_stack(StackName="web", TemplateBody=MACHINE)
    aws.advance(60)
    inside = next(row.pick for row in rows(operator).values() if row.found.kind == "ec2")
    assert "part of the stack web" in refusal(operator, Pick("cloudformation", REGION, "web"), inside)
    tagged = machine(aws, "one", env="dev")
    assert "picked twice" in refusal(operator, tagged, Pick("ec2", REGION, "tag:env=dev"))


# -- saving ------------------------------------------------------------------------------------------------------------


def test_saving_writes_environment_targets_and_history_and_leaves_alone_what_runs(
    aws: Any, operator: User, published: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    proposal = propose(operator, database(aws, "db", environment="shop"), machine(aws, "web", environment="shop"))
    aws.forget_requests()
    with django_capture_on_commit_callbacks(execute=True):
        made = save(operator, proposal, entered={1: Entered(7)})
    assert [(t.kind, t.order) for t in made.targets.all()] == [("rds_instance", 1), ("ec2", 7)]
    assert Environment.objects.get(pk=made.pk).next_transition_at == NOW
    assert LogEntry.objects.get(object_id=str(made.pk)).user == operator
    assert {"environments.tasks.observe", "environments.tasks.tick"} <= set(published)
    assert aws.requests() == []  # it was read before, outside of the transaction
    schedules.enforce_due(now=NOW)
    assert not made.operations.exists()
    assert Environment.objects.get(pk=made.pk).state == State.UNKNOWN


def test_a_saved_stack_can_be_created_again_from_what_was_kept(aws: Any, operator: User) -> None:
    aws.client("cloudformation").create_stack(
        StackName="demo",
        TemplateBody=SECRET,
        Parameters=[
            {"ParameterKey": "Tag", "ParameterValue": "1.2"},
            {"ParameterKey": "Password", "ParameterValue": "hunter22"},
        ],
    )
    aws.advance(60)
    proposal = propose(operator, Pick("cloudformation", REGION, "demo"))
    made = save(operator, proposal, entered={0: Entered(1, ssm={"Password": "/demo/password"})})
    target = made.targets.get()
    assert target.options["template_body"].strip() == SECRET.strip()
    kept = {p.name: (p.source, p.value) for p in TargetParameter.objects.filter(target=target)}
    assert kept == {"Tag": ("fixed", "1.2"), "Password": ("ssm", "/demo/password")}


def test_who_was_slower_is_told_and_nothing_is_half_written(aws: Any, operator: User) -> None:
    pick, other = machine(aws, "web"), database(aws, "db")
    proposal = propose(operator, pick, other)
    target(factories.environment(), "ec2", f"{pick.identifier}, i-0123456789abcdef0")
    with pytest.raises(RefusedError, match="“chat-dev” already"):
        save(operator, proposal)
    assert not Environment.objects.filter(name=proposal.name).exists()
    assert Target.objects.count() == 1


# -- AWS Instance Scheduler's tag --------------------------------------------------------------------------------------


def test_things_with_the_schedule_tag_are_taken_over_as_one_environment_for_each_schedule(
    aws: Any, operator: User
) -> None:
    office = factories.schedule("office")
    web = machine(aws, "web", Schedule="office")
    database(aws, "db", Schedule="office")
    database(aws, "night", Schedule="nightly")
    sight = discovery.look(account=factories.account(), regions=[REGION], user=operator)
    first, second = discovery.scheduled(sight)
    assert (first.value, first.schedule, len(first.rows)) == ("office", office, 2)
    assert (second.value, second.schedule) == ("nightly", None)
    assert {pick.identifier for pick in first.picks} == {"tag:Schedule=office"}
    proposal = propose(operator, *first.picks)
    assert (proposal.name, proposal.schedule) == ("office", office)
    made = save(operator, proposal)
    assert {(t.kind, t.identifier) for t in made.targets.all()} == {
        ("ec2", "tag:Schedule=office"),
        ("rds_instance", "tag:Schedule=office"),
    }
    assert rows(operator)[web.identifier].holder


def test_a_tag_filter_that_would_switch_what_others_have_is_refused(aws: Any, operator: User) -> None:
    factories.schedule("office")
    held = machine(aws, "held", Schedule="office")
    machine(aws, "free", Schedule="office")
    target(factories.environment(), "ec2", held.identifier)
    sight = discovery.look(account=factories.account(), regions=[REGION], user=operator)
    (group,) = discovery.scheduled(sight)
    assert group.problem
    assert "already" in group.problem["en"]
    assert "already" in refusal(operator, *group.picks)


def test_a_value_that_no_filter_can_name_says_so(aws: Any, operator: User) -> None:
    machine(aws, "odd", Schedule="a,b")
    sight = discovery.look(account=factories.account(), regions=[REGION], user=operator)
    (group,) = discovery.scheduled(sight)
    assert group.problem
    assert "Pick these singly" in group.problem["en"]


def test_a_part_of_one_thing_is_named_for_it(aws: Any, operator: User) -> None:
    part: Part = propose(operator, machine(aws, "web")).parts[0]
    assert part.name == "web"
