"""The form of a target: the options of its kind, what is refused in which sentence, what follows."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from environments.models import Environment, Target
from environments.targets.base import OptionField
from tests import factories

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
    assert told == {"__all__": "Another environment already switches this target."}


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

    assert "tag:Key=Value" in helps("ec2")
    assert "tag:Key=Value" in helps("rds_cluster")
    assert "tag:" not in helps("cloudformation")
