"""The assistant at a browser: look at AWS, pick, read the proposal, save; and what it refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from environments.models import Environment, Target, TargetParameter
from environments.targets.client import forget_clients
from tests import factories
from tests.targets.driving import STATEFUL
from tests.targets.test_discovery import SECRET
from tests.targets.worlds import world

pytestmark = pytest.mark.django_db
REGION = factories.REGION


@pytest.fixture(autouse=True)
def portal(aws: Any) -> Iterator[None]:
    """The account, without a role to assume."""
    forget_clients()
    factories.account(role_arn="", external_id="")
    yield
    forget_clients()


def look(browser: Client, **more: str) -> str:
    answer = browser.get("/find/", {"look": "1", "account": str(factories.account().pk), **more})
    assert answer.status_code == 200
    return answer.content.decode()


def offered(html: str) -> list[str]:
    return re.findall(r'type="checkbox" name="pick" value="([^"]+)"', html)


def send(browser: Client, page: str, *picks: str, **fields: str) -> Any:
    return browser.post(f"/find/{page}/", {"account": factories.account().pk, "pick": picks, **fields})


def own(**more: str) -> dict[str, str]:
    """The environment's own fields, and the first target's order."""
    return {"name": "shop", "slug": "shop", "team": str(factories.team().pk), "order-0": "1", **more}


def machine(aws: Any, name: str, **tags: str) -> str:
    machines: Any = world("ec2", aws)
    return f"ec2|{REGION}|{machines.launch(name, tags)}"


def test_an_operator_goes_from_what_aws_has_to_an_environment_without_typing_an_identifier(
    aws: Any, as_operator: Client
) -> None:
    factories.team()
    machine(aws, "web", environment="shop")
    databases: Any = world("rds_instance", aws)
    databases.make("db", {"environment": "shop"})

    picks = offered(look(as_operator))
    assert len(picks) == 2
    proposal = send(as_operator, "propose", *picks).content.decode()
    assert 'name="name" value="shop"' in proposal
    form = dict(re.findall(r'name="(order-\d)" value="(\d)"', proposal))
    assert form == {"order-0": "1", "order-1": "2"}
    kept = re.findall(r'type="hidden" name="pick" value="([^"]+)"', proposal)
    answer = send(as_operator, "save", *kept, **(own() | form))

    assert (answer.status_code, answer.headers.get("Location")) == (302, "/env/shop/")
    made = Environment.objects.get()
    assert [(one.kind, one.order) for one in made.targets.all()] == [("rds_instance", 1), ("ec2", 2)]
    assert LogEntry.objects.filter(object_id=str(made.pk)).count() == 1
    assert offered(look(as_operator)) == []


def test_aws_is_asked_only_when_somebody_presses_the_button(aws: Any, as_operator: Client) -> None:
    machine(aws, "web")
    aws.forget_requests()
    html = as_operator.get("/find/").content.decode()
    assert "Where to look" in html
    assert aws.requests() == []


def test_what_cannot_be_picked_is_folded_away_with_the_reason_and_its_environment(
    aws: Any, as_operator: Client
) -> None:
    pick = machine(aws, "web")
    env = factories.environment()
    Target.objects.create(
        environment=env, kind="ec2", identifier=pick.split("|")[2], account=factories.account(), region=REGION
    )
    world("auto_scaling_group", aws).running("grow")
    html = look(as_operator)
    assert [one.split("|")[0] for one in offered(html)] == ["auto_scaling_group"]
    assert "has an environment already" in html
    assert 'href="/env/chat-dev/"' in html
    assert "Its auto scaling group grow would replace it" in html


def test_the_filter_finds_names_and_tags_beyond_what_is_listed(aws: Any, as_operator: Client) -> None:
    machine(aws, "web", team="blue")
    wanted = machine(aws, "api", team="green")
    assert offered(look(as_operator, q="team=green")) == [wanted]
    assert offered(look(as_operator, q="nothing like it")) == []


def test_a_service_that_is_denied_is_named_and_the_others_are_listed(aws: Any, as_operator: Client) -> None:
    machine(aws, "web")
    aws.fault("denied", service="rds", times=None)
    html = look(as_operator)
    assert "Not everything could be seen" in html
    assert "AWS does not allow DescribeDBInstances" in html
    assert len(offered(html)) == 1


def test_a_stacks_proposal_says_what_a_stop_would_destroy_before_anything_is_saved(
    aws: Any, as_operator: Client
) -> None:
    aws.client("cloudformation").create_stack(StackName="demo", TemplateBody=STATEFUL)
    aws.advance(60)
    html = send(as_operator, "propose", f"cloudformation|{REGION}|demo").content.decode()
    assert "A stop would destroy" in html
    assert "AWS::DynamoDB::Table" in html
    assert not Environment.objects.exists()


def test_hidden_parameters_are_asked_for_as_ssm_parameters(aws: Any, as_operator: Client) -> None:
    values = {"Tag": "1.2", "Password": "hunter22"}
    aws.client("cloudformation").create_stack(
        StackName="demo",
        TemplateBody=SECRET,
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()],
    )
    aws.advance(60)
    pick = f"cloudformation|{REGION}|demo"
    html = send(as_operator, "propose", pick).content.decode()
    assert 'name="ssm-0-Password"' in html
    assert "hunter22" not in html
    wrong = send(as_operator, "save", pick, **own(**{"ssm-0-Password": "not a name!"}))
    assert wrong.status_code == 200
    assert "the template has no default" in send(as_operator, "save", pick, **own()).content.decode()
    assert not Environment.objects.exists()
    assert send(as_operator, "save", pick, **own(**{"ssm-0-Password": "/demo/password"})).status_code == 302
    assert set(TargetParameter.objects.values_list("name", "source", "value")) == {
        ("Tag", "fixed", "1.2"),
        ("Password", "ssm", "/demo/password"),
    }


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": ""}, "This field is required"),
        ({"team": ""}, "This field is required"),
        ({"order-0": "0"}, "greater than or equal to 1"),
        ({"slug": "chat-dev"}, "already exists"),
    ],
)
def test_what_is_entered_wrong_is_said_at_its_field_and_nothing_is_saved(
    aws: Any, as_operator: Client, fields: dict[str, str], sentence: str
) -> None:
    factories.environment()
    answer = send(as_operator, "save", machine(aws, "web"), **(own() | fields))
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert Environment.objects.count() == 1


@pytest.mark.parametrize("page", ["propose", "save"])
def test_a_forged_pick_is_refused(aws: Any, as_operator: Client, page: str) -> None:
    pick = machine(aws, "web")
    env = factories.environment()
    Target.objects.create(
        environment=env, kind="ec2", identifier=pick.split("|")[2], account=factories.account(), region=REGION
    )
    forged = [
        pick,
        f"ec2|{REGION}|i-0123456789abcdef0",
        f"ec2|us-east-1|{pick.split('|')[2]}",
        f"kettle|{REGION}|x",
        f"ec2|{REGION}|tag:Name=web",
        f"ec2|{REGION}|tag:broken",
        "nonsense",
    ]
    for one in forged:
        answer = send(as_operator, page, one, **own())
        assert answer.status_code == 400, one
        assert "Nothing was added" in answer.content.decode()
    assert as_operator.post(f"/find/{page}/", {"account": "999", "pick": pick}).status_code == 400
    assert as_operator.post(f"/find/{page}/", {"account": "x" * 20}).status_code == 400
    assert Environment.objects.count() == 1


def test_when_aws_cannot_be_asked_nothing_is_saved_and_the_page_says_why(aws: Any, as_operator: Client) -> None:
    pick = machine(aws, "web")
    aws.fault("denied", service="ec2", times=None)
    answer = send(as_operator, "save", pick, **own())
    assert answer.status_code == 503
    assert "AWS does not allow DescribeInstances" in answer.content.decode()
    assert not Environment.objects.exists()


def test_a_schedule_tag_is_taken_over_with_the_portals_schedule_of_that_name(aws: Any, as_operator: Client) -> None:
    office = factories.schedule("office")
    machine(aws, "web", Schedule="office")
    machine(aws, "job", Schedule="nightly")
    html = look(as_operator)
    pick = f"ec2|{REGION}|tag:Schedule=office"
    assert f'name="pick" value="{pick}"' in html
    assert "The portal has no schedule “nightly”. Import it first." in html
    proposal = send(as_operator, "propose", pick).content.decode()
    assert f'<option value="{office.pk}" selected>' in proposal
    send(as_operator, "save", pick, **own(schedule=str(office.pk)))
    made = Environment.objects.get()
    assert (made.schedule, made.targets.get().identifier) == (office, "tag:Schedule=office")


def test_another_tag_of_instance_scheduler_can_be_named(aws: Any, as_operator: Client) -> None:
    factories.schedule("office")
    machine(aws, "web", Hours="office")
    assert "tag:Hours=office" in look(as_operator, tag="Hours")


@pytest.mark.parametrize("role", ["as_manager", "as_outsider"])
def test_others_are_refused_and_aws_is_not_asked(aws: Any, role: str, request: pytest.FixtureRequest) -> None:
    browser: Client = request.getfixturevalue(role)
    pick = machine(aws, "web")
    aws.forget_requests()
    assert browser.get("/find/", {"look": "1", "account": str(factories.account().pk)}).status_code == 403
    assert send(browser, "propose", pick).status_code == 403
    assert send(browser, "save", pick, **own()).status_code == 403
    assert aws.requests() == []
    assert not Environment.objects.exists()


def test_pages_that_take_a_form_do_nothing_for_a_link(as_operator: Client) -> None:
    assert as_operator.get("/find/propose/").status_code == 405
    assert as_operator.get("/find/save/").status_code == 405
    assert as_operator.post("/find/").status_code == 405


def test_the_list_of_environments_and_an_accounts_page_lead_here(as_operator: Client, as_manager: Client) -> None:
    account = factories.account()
    assert 'href="/find/"' in as_operator.get("/environments/environment/").content.decode()
    page = as_operator.get(f"/environments/account/{account.pk}/change/").content.decode()
    assert f'href="/find/?account={account.pk}"' in page
    assert 'href="/find/"' not in as_manager.get("/environments/environment/").content.decode()
