"""The form of a target: the options of its kind, what is refused in which sentence, what follows."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from environments.models import Environment, GuardAcceptance, Target
from environments.targets.base import OptionField
from environments.targets.client import forget_clients
from tests import factories
from tests.targets.worlds import world

from .filling import refusal, rows

pytestmark = pytest.mark.django_db

TARGET = "/environments/target/add/"


def target(**values: str) -> dict[str, str]:
    """A filled-in form of a stack of chat-dev."""
    chat = Environment.objects.filter(slug="chat-dev").first() or factories.environment()
    form = {
        "environment": str(chat.pk),
        "kind": "cloudformation",
        "identifier": "ChatAppMasterStack",
        "account": str(factories.account().pk),
        "region": factories.REGION,
        "order": "1",
        "option_template_url": factories.TEMPLATE_URL,
    }
    return form | rows("parameters") | values


def test_the_form_asks_for_the_options_of_its_kind(as_operator: Client) -> None:
    html = as_operator.get(TARGET).content.decode()
    for name in ("template_url", "template_body", "capabilities", "role_arn", "tags", "termination_protection"):
        assert f'name="option_{name}"' in html, name


def test_parameters_are_asked_for_only_by_kinds_that_take_them(as_operator: Client) -> None:
    assert 'name="parameters-TOTAL_FORMS"' in as_operator.get(TARGET).content.decode()
    assert "parameters-" not in as_operator.get(f"{TARGET}?kind=ec2").content.decode()
    posted = target(kind="ec2", identifier="tag:env=dev", option_template_url="")
    assert as_operator.post(TARGET, posted).status_code == 302


def test_another_kind_brings_its_own_options(
    as_operator: Client, scripted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = {"en": "Patience", "ko": "인내"}
    monkeypatch.setattr(scripted, "option_fields", (OptionField("patience", "int", words, words),))
    html = as_operator.get(f"{TARGET}?kind=scripted&identifier=mine").content.decode()
    assert 'name="option_patience"' in html
    assert 'name="option_template_url"' not in html
    assert 'value="mine"' in html
    assert "인내" in as_operator.get(f"{TARGET}?kind=scripted", headers={"Accept-Language": "ko"}).content.decode()
    as_operator.post(TARGET, target(kind="scripted", option_patience="0"))
    assert (Target.objects.get().kind, Target.objects.get().options) == ("scripted", {"patience": 0})


def test_what_was_written_as_lines_and_pairs_is_kept_as_lists_and_mappings(as_operator: Client) -> None:
    as_operator.post(
        TARGET,
        target(
            option_capabilities="CAPABILITY_IAM\n\nCAPABILITY_AUTO_EXPAND ",
            option_tags="team=chat\nurl=https://a?b=c",
            **rows("parameters", {"name": "Tag", "source": "ecr", "value": "chat-chat-http"}),
        ),
    )
    made = Target.objects.get()
    assert made.options == {
        "template_url": factories.TEMPLATE_URL,
        "capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        "tags": {"team": "chat", "url": "https://a?b=c"},
        "termination_protection": False,
    }
    assert made.parameters.get().value == "chat-chat-http"
    html = as_operator.get(f"/environments/target/{made.pk}/change/").content.decode()
    assert "CAPABILITY_IAM\nCAPABILITY_AUTO_EXPAND" in html
    assert "team=chat\nurl=https://a?b=c" in html


def test_saving_leads_to_the_environment_and_looks_at_aws(
    as_operator: Client, published: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        answer = as_operator.post(TARGET, target())
    assert answer["Location"] == "/env/chat-dev/"
    assert published == ["environments.tasks.observe"]


def test_where_there_is_one_account_with_one_region_both_are_filled_in(as_operator: Client) -> None:
    account = factories.account()
    form = as_operator.get(TARGET).context["adminform"].form
    assert (form.initial["account"], form.initial["region"]) == (account.pk, factories.REGION)


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"option_tags": "team=chat\nowner"}, "option_tags", "“owner” is not of the form key=value."),
        ({"region": "narnia-1"}, "region", "not used in narnia-1; its regions are: ap-northeast-2"),
        ({"region": "us-east-1"}, "region", "not used in us-east-1; its regions are: ap-northeast-2"),
        ({"option_template_url": ""}, "option_template_url", "Give either the address"),
        ({"option_template_body": "Resources: {}"}, "option_template_url", "Give either the address"),
        ({"option_template_url": "https://example.com/a.yaml"}, "option_template_url", "S3 only"),
        ({"identifier": "chat_app"}, "identifier", ""),
        ({"order": "0"}, "order", "greater than or equal to 1"),
    ],
)
def test_what_cannot_work_is_refused_at_its_field(
    wrong: dict[str, str], field: str, sentence: str, as_operator: Client
) -> None:
    told = refusal(as_operator.post(TARGET, target(**wrong)))
    assert sentence in told[field]
    assert set(told) == {field}
    assert not Target.objects.exists()


def test_a_stack_that_another_environment_switches_is_refused_in_a_sentence(as_operator: Client) -> None:
    factories.chat_app("other")
    told = refusal(as_operator.post(TARGET, target()))
    assert told == {"identifier": "“ChatAppMasterStack” belongs to the environment “other” already."}


def test_a_target_keeps_its_kind(as_operator: Client, scripted: Any) -> None:
    made = factories.stack(factories.environment())
    address = f"/environments/target/{made.pk}/change/"
    assert as_operator.post(address, target(kind="scripted", order="7"))["Location"] == "/env/chat-dev/"
    made.refresh_from_db()
    assert (made.kind, made.order) == ("cloudformation", 7)


def test_who_may_only_look_reads_the_options_in_words(as_manager: Client) -> None:
    made = factories.stack(factories.environment(), tags={"team": "chat"})
    html = as_manager.get(f"/environments/target/{made.pk}/change/").content.decode()
    assert "CloudFormation stack" in html
    assert "Capabilities: CAPABILITY_IAM, CAPABILITY_AUTO_EXPAND" in html
    assert "Tags: team=chat" in html


def test_deleting_one_says_that_aws_keeps_it(as_operator: Client) -> None:
    made = factories.stack(factories.environment())
    address = f"/environments/target/{made.pk}/delete/"
    assert "ChatAppMasterStack stays as it is in AWS" in as_operator.get(address).content.decode()
    as_operator.post(address, {"post": "yes"})
    assert not Target.objects.exists()


def test_a_target_that_runs_cannot_be_made_to_name_something_else(as_operator: Client) -> None:
    as_operator.post(TARGET, target())
    made = Target.objects.get()
    Environment.objects.update(state="running")
    answer = as_operator.post(f"/environments/target/{made.pk}/change/", target(identifier="Other"))
    assert "is not stopped. Stop it first" in answer.content.decode()
    assert Target.objects.get().identifier == "ChatAppMasterStack"
    Environment.objects.update(state="stopped")
    as_operator.post(f"/environments/target/{made.pk}/change/", target(identifier="Other"))
    assert Target.objects.get().identifier == "Other"


def test_the_form_says_where_a_tag_filter_may_stand(as_operator: Client) -> None:
    def helps(kind: str) -> str:
        form = as_operator.get(f"/environments/target/add/?kind={kind}").context["adminform"].form
        return str(form.fields["identifier"].help_text)

    assert "tag:environment=dev" in helps("ec2")
    assert "tag:environment=dev" in helps("rds_cluster")
    assert "tag:" not in helps("cloudformation")


def test_what_aws_shows_to_be_anothers_is_refused_and_what_cannot_be_asked_is_said(
    aws: Any, as_operator: Client
) -> None:
    forget_clients()
    factories.account(role_arn="", external_id="")
    machines: Any = world("ec2", aws)
    machine = machines.launch("web", {"env": "dev"})
    other = factories.environment("other")
    kept = {"account": factories.account(), "region": factories.REGION, "kind": "ec2"}
    Target.objects.create(environment=other, identifier="tag:env=dev", **kept)
    told = refusal(as_operator.post(TARGET, target(kind="ec2", identifier=machine)))
    assert told == {"identifier": f"“{machine}” belongs to the environment “other” already."}
    aws.fault("denied", action="DescribeInstances")
    answer = as_operator.post(TARGET, target(kind="ec2", identifier=machine), follow=True)
    assert "could not be checked" in answer.content.decode()
    assert Target.objects.filter(identifier=machine).exists()


def test_a_target_with_sizes_to_restore_keeps_its_name_and_says_what_a_removal_loses(as_operator: Client) -> None:
    made = Target.objects.create(
        environment=factories.environment(state="stopped"),
        kind="auto_scaling_group",
        identifier="web",
        account=factories.account(),
        region=factories.REGION,
        memory={"sizes": {"web": {"min": 2, "desired": 4, "max": 9}}, "down": True},
    )
    address = f"/environments/target/{made.pk}"
    told = refusal(as_operator.post(f"{address}/change/", target(kind="auto_scaling_group", identifier="web2")))
    assert "would be lost (web: minimum 2, desired 4, maximum 9)" in told["identifier"]
    assert "desired 4, maximum 9. Start it first" in as_operator.get(f"{address}/delete/").content.decode()
    assert Target.objects.get().memory["sizes"]


def test_a_target_stays_while_an_operation_is_under_way(as_operator: Client) -> None:
    made = factories.stack(factories.environment())
    factories.operation(made.environment, "stop", "running")
    answer = as_operator.post(f"/environments/target/{made.pk}/delete/", {"post": "yes"})
    assert "an operation is under way" in answer.content.decode()
    answer = as_operator.post(f"/environments/target/{made.pk}/change/", target(identifier="Other"))
    assert "an operation is under way" in refusal(answer)["identifier"]
    assert Target.objects.get().identifier == "ChatAppMasterStack"


def accepted(made: Target) -> GuardAcceptance:
    return GuardAcceptance.objects.create(
        target=made,
        fingerprint="f" * 64,
        findings=[{"logical_id": "Table", "type": "AWS::DynamoDB::Table", "path": ""}],
        accepted_by=factories.operator(),
        accepted_at=timezone.now(),
    )


def test_an_accepted_loss_does_not_follow_a_target_that_names_another_stack(as_operator: Client) -> None:
    made = factories.stack(factories.environment(state="stopped"))
    accepted(made)
    address = f"/environments/target/{made.pk}/change/"
    as_operator.post(address, target(order="3"))
    assert GuardAcceptance.objects.exists()
    as_operator.post(address, target(identifier="Other"))
    assert Target.objects.get().identifier == "Other"
    assert not GuardAcceptance.objects.exists()


def test_an_operator_withdraws_an_accepted_loss_and_nobody_else_does(as_operator: Client, as_manager: Client) -> None:
    made = factories.stack(factories.environment())
    loss = accepted(made)
    page = f"/environments/target/{made.pk}/change/"
    assert "/env/chat-dev/withdraw/" in as_operator.get(page).content.decode()
    assert as_manager.post("/env/chat-dev/withdraw/", {"acceptance": loss.pk}).status_code == 403
    assert as_operator.get("/env/chat-dev/withdraw/").status_code == 405
    assert GuardAcceptance.objects.exists()
    answer = as_operator.post("/env/chat-dev/withdraw/", {"acceptance": loss.pk}, follow=True)
    assert "The next stop asks again" in answer.content.decode()
    assert not GuardAcceptance.objects.exists()
    assert "Table" in LogEntry.objects.get().change_message
    again = as_operator.post("/env/chat-dev/withdraw/", {"acceptance": loss.pk}, follow=True)
    assert "withdrawn already" in again.content.decode()
