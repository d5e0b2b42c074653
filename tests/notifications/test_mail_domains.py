"""Mail domains in letters of their own: kept in ASCII, as mail servers say them, and shown as people write them."""

from typing import Any

import pytest
from django.test import override_settings
from django.urls import reverse

from notifications import contacts
from notifications.messages import compose
from notifications.models import Channel, Contact, Delivery
from notifications.outbox import send_test
from notifications.senders.base import TransportError
from notifications.senders.email import Email
from tests import factories
from tests.support.mail_server import mail_server

from .browsers import browser
from .conftest import MONDAY

pytestmark = pytest.mark.django_db
FORM = {"name": "Minseo Kim", "language": "ko", "timezone": "Asia/Seoul", "is_on": "on", "digest": ""}


def contact(email: str) -> Contact:
    made = Contact(name="Minseo Kim")
    made.set_addresses({"email": email})
    made.save()
    return made


def server_settings(port: int) -> dict[str, Any]:
    nothing = {"EMAIL_HOST_USER": "", "EMAIL_HOST_PASSWORD": "", "EMAIL_USE_TLS": False, "EMAIL_USE_SSL": False}
    return {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": port, "EMAIL_FROM": "Daybreak <daybreak@example.com>", **nothing}


def test_a_form_shows_and_takes_them_as_people_write_them() -> None:
    made = contact(email="minseo@xn--3e0b707e.kr")
    html = browser("administrator").get(reverse("admin:notifications_contact_change", args=[made.pk])).content.decode()
    assert "minseo@한국.kr" in html
    browser("administrator").post(
        reverse("admin:notifications_contact_change", args=[made.pk]), FORM | {"address_email": "minseo@한국.kr"}
    )
    made.refresh_from_db()
    assert made.addresses == {"email": "minseo@xn--3e0b707e.kr"}


def test_a_person_is_given_theirs_as_they_write_it() -> None:
    assert contacts.export_of(contact(email="minseo@xn--3e0b707e.kr"))["contact"]["addresses"] == {
        "email": "minseo@한국.kr"
    }


@pytest.mark.parametrize("kept", ["minseo@한국.kr", "minseo@xn--3e0b707e.kr"])
def test_an_entry_follows_its_account_whichever_way_it_is_written(kept: str) -> None:
    user = factories.manager()
    made = contacts.contact_of(user)
    made.set_addresses({"email": kept})
    made.save()
    user.email = "minseo@example.com"
    contacts.follow_account(user, "minseo@한국.kr")
    made.refresh_from_db()
    assert made.addresses["email"] == "minseo@example.com"


def test_servers_get_them_in_ascii_even_where_they_were_kept_otherwise_and_their_errors_tell_none() -> None:
    made = contact(email="minseo@한국.kr")
    post = Channel.objects.create(name="Mail", kind="email", event_kinds=["nothing"])
    message = compose(Delivery.objects.get(pk=send_test(channel=post, actor="a", now=MONDAY, contact=made)))
    assert message.to == "minseo@xn--3e0b707e.kr"
    with mail_server() as server, override_settings(**server_settings(server.port)):
        server.to_rcpt[message.to] = f"550 5.1.1 <{message.to}>: no such user"
        with pytest.raises(TransportError) as refused:
            Email().send(message, {})
    assert "no such user" in str(refused.value)
    assert "minseo" not in str(refused.value)
