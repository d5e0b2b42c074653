"""Unsubscribing is a person's own word: nothing that others save takes it back."""

from typing import Any

import pytest
from django.urls import reverse

from notifications.models import Contact

from .browsers import browser

pytestmark = pytest.mark.django_db


class TestUnsubscribed:
    """Who has left by the link of a message gets messages again only where somebody says so."""

    @pytest.fixture
    def left(self) -> Contact:
        made = Contact.objects.create(name="Minseo Kim")
        Contact.objects.filter(pk=made.pk).update(left_at="2026-11-23T09:00:00Z")
        made.refresh_from_db()
        return made

    def test_the_switch_shows_that_they_get_nothing(self, left: Contact) -> None:
        form = browser("administrator").get(page(left)).context["adminform"].form
        assert form["is_on"].value() is False

    def test_saving_something_else_leaves_them_unsubscribed(self, left: Contact) -> None:
        browser("administrator").post(page(left), as_shown(left) | {"name": "Minseo Kim-Lee"})
        after = Contact.objects.get()
        assert (after.name, after.left_at) == ("Minseo Kim-Lee", left.left_at)
        assert after.is_on, "so that their own link resumes them"

    def test_putting_the_switch_on_resumes_them(self, left: Contact) -> None:
        browser("administrator").post(page(left), as_shown(left) | {"is_on": "on"})
        after = Contact.objects.get()
        assert (after.is_on, after.left_at) == (True, None)


def as_shown(of: Contact) -> dict[str, Any]:
    """What the form of a contact sends when it is saved as it was opened."""
    form = browser("administrator").get(page(of)).context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    return {name: "" if value is None else value for name, value in values.items() if value is not False}


def page(of: Contact) -> str:
    return reverse("admin:notifications_contact_change", args=[of.pk])
