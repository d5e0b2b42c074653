"""What people write into a field is shown to them first: each text, number and date has an example beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.test import Client

from environments.models import Account, Environment
from environments.targets import registry
from tests import factories
from tests.support.simulator import Simulator
from tests.support.times import monday
from tests.targets.worlds import world

pytestmark = pytest.mark.django_db
EXAMPLE = re.compile(r"for example|such as|example:|“[^”]+”", re.IGNORECASE)
WRITTEN = (forms.CharField, forms.IntegerField, forms.DecimalField, forms.DateField, forms.TimeField, forms.JSONField)
# Field -> why there is no example beside it.
WITHOUT = {
    "password1": "an example of a password is one that people then use",
    "password2": "the same once more",
    "secret": "an example of a secret is one that people then use; whose it is stands beside it",
    "every": "django-celery-beat's own form, which administrators fill in",
    "option_template_body": "a template is a page long; the guide has one",
}
NO_TEXT = re.compile(r'type="(hidden|radio|checkbox|search|submit|file)"|readonly')


def silent(*shown: Any) -> set[str]:
    """The fields of forms that people write into without having seen how."""
    return {
        f"{type(form).__name__}.{field.name}"
        for form in shown
        for field in form.visible_fields()
        if isinstance(field.field, WRITTEN)
        and not isinstance(field.field.widget, forms.Select)
        and field.name not in WITHOUT
        and not EXAMPLE.search(str(field.help_text))
    }


def wordless(html: str) -> Iterator[str]:
    """The fields of a page's own dialogs without an example in their labels; dialogs have no form of Django's."""
    labelled = re.findall(r"<label.*?</label>", html, re.DOTALL)
    for field in re.findall(r'<input class="db-input"[^>]*>', html):
        label = next((one for one in labelled if field in one), "")
        if not NO_TEXT.search(field) and not EXAMPLE.search(label):
            yield field


def test_each_field_of_the_admin_has_an_example(as_administrator: Client) -> None:
    found, forms_seen = set[str](), 0
    for model in admin.site._registry:
        answer = as_administrator.get(f"/{model._meta.app_label}/{model._meta.model_name}/add/")
        if answer.status_code != 200 or "adminform" not in answer.context:
            continue  # nothing is added by hand, or the page has a form of its own
        forms_seen += 1
        found |= silent(answer.context["adminform"].form)
        found |= silent(*(one.formset.empty_form for one in answer.context["inline_admin_formsets"]))
    assert forms_seen >= 8
    assert found == set()


@pytest.mark.parametrize("kind", registry.KINDS)
def test_each_option_of_a_target_has_an_example(kind: str, as_operator: Client) -> None:
    answer = as_operator.get(f"/environments/target/add/?kind={kind}")
    assert silent(answer.context["adminform"].form) == set()


def test_what_is_found_in_aws_is_completed_with_examples(aws: Simulator, as_operator: Client) -> None:
    factories.account(role_arn="", external_id="")
    made: Any = world("ec2", aws)
    pick = f"ec2|{factories.REGION}|{made.launch('web', {})}"
    answer = as_operator.post("/find/propose/", {"account": Account.objects.get().pk, "pick": [pick]})
    assert "order-0" in answer.context["form"].fields
    assert silent(answer.context["form"]) == set()


@pytest.fixture
def chat() -> Environment:
    """Running, so that all of its dialogs are offered."""
    made = factories.chat_app()
    Environment.objects.filter(pk=made.pk).update(state="running", wish="running", state_since=monday("09:00"))
    return made


DIALOGS = [f"/env/chat-dev/ask/{verb}/" for verb in ("start", "stop", "keep", "off", "on")]
MANY = [f"/board/many/?do={verb}&env=" for verb in ("stop", "keep", "off", "on")]


@pytest.mark.parametrize("address", [*DIALOGS, *MANY, "/env/chat-dev/", "/environments/dayexception/add/"])
def test_what_a_manager_writes_into_a_dialog_has_an_example(
    address: str, as_manager: Client, chat: Environment
) -> None:
    html = as_manager.get(f"{address}{chat.pk}" if address.endswith("=") else address).content.decode()
    assert '<input class="db-input"' in html
    assert list(wordless(html)) == []
