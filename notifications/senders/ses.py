"""E-mail by AWS SES (v2), for those who have no mail server of their own.

Facts: the service model of SES v2, `SendEmail` (read 2026-11-21). SES replaces the Message-ID by its own.
"""

from collections.abc import Mapping
from email.utils import parseaddr
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from notifications.senders import aws
from notifications.senders.base import ConfigField, Lines, Message, Sent
from notifications.senders.mail_message import compose


def check_from(value: str) -> None:
    """Raises ValidationError unless the value is an address, with a name or without."""
    try:
        validate_email(parseaddr(value)[1])
    except ValidationError:
        raise ValidationError(_("Enter an address such as Daybreak <daybreak@example.com>.")) from None


class Ses:
    """Sends to the address of a contact and keeps SES's id."""

    about: ClassVar[StrOrPromise] = _(
        "Mails to the people who hear of something, by AWS SES. You need a verified address or domain and the right"
        " ses:SendEmail; each person's address is in their contact."
    )
    address: ClassVar[str] = "email"
    per_minute: ClassVar[int | None] = 60  # one a second until AWS has lifted the limit of new accounts
    lines: ClassVar[Lines] = Lines(50, 300)

    config_fields: ClassVar[tuple[ConfigField, ...]] = (
        ConfigField(
            "sender",
            label=_("Sender address"),
            help_text=_("Verified at SES. For example Daybreak <daybreak@example.com>."),
            secret=False,
            check=check_from,
        ),
        aws.REGION,
        *aws.KEYS,
    )

    def send(self, message: Message, config: Mapping[str, str]) -> Sent:
        """Gives the mail to SES. See `Sender.send`."""
        sender = config.get("sender", "")
        mail = compose(message, sender=sender)
        parameters = {
            "FromEmailAddress": sender,
            "Destination": {"ToAddresses": [message.to]},
            "Content": {"Raw": {"Data": mail.message().as_bytes()}},
        }
        said = aws.ask("sesv2", "send_email", config, parameters, to=[message.to])
        return Sent(external_id=str(said.get("MessageId", "")), code=200)
