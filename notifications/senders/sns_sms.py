"""Text messages to phones of any country by AWS SNS.

Facts: the service model of SNS, `Publish`, and "Publishing SMS messages to a mobile phone" (read 2026-11-21): 70
Korean letters a part, 1,600 characters in all.
"""

import re
from collections.abc import Mapping
from typing import ClassVar, Final

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from notifications.senders import aws
from notifications.senders.base import ConfigField, Lines, Message, Sent, TransportError
from notifications.senders.readers import plain
from notifications.senders.values import looks_like

LONGEST: Final = 700
"""Characters: ten parts in Korean. Each part costs; SNS itself would take 1,600."""


class SnsSms:
    """Sends to the phone number of a contact, as a transactional message."""

    about: ClassVar[StrOrPromise] = _(
        "Text messages to the people who hear of something, in any country, by AWS SNS. You need the right sns:Publish;"
        " each person's number is in their contact."
    )
    address: ClassVar[str] = "phone"
    per_minute: ClassVar[int | None] = None
    lines: ClassVar[Lines] = Lines(4, 60)

    config_fields: ClassVar[tuple[ConfigField, ...]] = (
        aws.REGION,
        ConfigField(
            "country",
            label=_("Country code"),
            help_text=_("Of numbers that begin with 0. Empty: 82, Korea. For example 82."),
            secret=False,
            required=False,
            check=looks_like(r"[1-9]\d{0,2}", _("A country code has one to three digits.")),
        ),
        ConfigField(
            "sender_id",
            label=_("Sender"),
            help_text=_("What phones show as the sender, in countries that have it. For example DAYBREAK."),
            secret=False,
            required=False,
            check=looks_like(r"(?=.*[A-Za-z])[A-Za-z0-9]{1,11}", _("It has 1 to 11 letters and digits.")),
        ),
        *aws.KEYS,
    )

    def send(self, message: Message, config: Mapping[str, str]) -> Sent:
        """Sends the message. See `Sender.send`."""
        number = international(message.to, config.get("country") or "82")
        attributes = {"AWS.SNS.SMS.SMSType": "Transactional", "AWS.SNS.SMS.SenderID": config.get("sender_id", "")}
        parameters = {
            "PhoneNumber": number,
            "Message": plain(message, LONGEST) or message.kind,
            "MessageAttributes": {
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items() if value
            },
        }
        said = aws.ask("sns", "publish", config, parameters, to=[number, message.to])
        return Sent(external_id=str(said.get("MessageId", "")), code=200)


def international(phone: str, country: str) -> str:
    """The number in E.164: 010-1234-5678 is +821012345678. Raises TransportError, which does not name it."""
    digits = re.sub(r"\D", "", phone)
    if not phone.strip().startswith("+"):
        digits = country + digits[1:] if digits.startswith("0") else ""
    if not re.fullmatch(r"[1-9]\d{6,14}", digits):
        raise TransportError(_("The phone number is none: enter it as +82 10-1234-5678."), permanent=True)
    return f"+{digits}"
