"""A topic of AWS SNS, whose subscribers (mails, queues, functions) get the message as plain text.

Facts: the service model of SNS, `Publish` (read 2026-11-21).
"""

import re
from collections.abc import Mapping
from typing import ClassVar, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from notifications.senders import aws
from notifications.senders.base import ConfigField, Lines, Message, Sent
from notifications.senders.lengths import clip, utf8
from notifications.senders.readers import plain

SUBJECT: Final = 99
LONGEST: Final = 64_000
"""Bytes, a quarter of what SNS takes."""

_ARN = re.compile(r"arn:aws[a-z-]*:sns:([a-z0-9-]+):\d{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?")


def check_topic(value: str) -> None:
    """Raises ValidationError unless the value is the ARN of a topic."""
    if not _ARN.fullmatch(value):
        raise ValidationError(_("An ARN of a topic looks like arn:aws:sns:ap-northeast-2:123456789012:daybreak."))


class Sns:
    """Publishes to a topic, with kind and severity as attributes, by which subscriptions can filter."""

    about: ClassVar[StrOrPromise] = _(
        "A topic of AWS SNS and all that is subscribed to it. You need its ARN and the right sns:Publish."
    )
    address: ClassVar[str] = ""
    per_minute: ClassVar[int | None] = None
    lines: ClassVar[Lines] = Lines(50, 300)

    config_fields: ClassVar[tuple[ConfigField, ...]] = (
        ConfigField(
            "topic_arn",
            label=_("ARN of the topic"),
            help_text=_("For example arn:aws:sns:ap-northeast-2:123456789012:daybreak."),
            secret=False,
            check=check_topic,
        ),
        *aws.KEYS,
    )

    def send(self, message: Message, config: Mapping[str, str]) -> Sent:
        """Publishes the message in the topic's own region. See `Sender.send`."""
        arn = config.get("topic_arn", "")
        found = _ARN.fullmatch(arn)
        region = found[1] if found else ""
        said = aws.ask("sns", "publish", {**config, "region": region}, {"TopicArn": arn, **parameters(message, arn)})
        return Sent(external_id=str(said.get("MessageId", "")), code=200)


def parameters(message: Message, arn: str) -> dict[str, object]:
    """What `Publish` is given beside the topic, inside SNS's limits."""
    attributes = {"kind": message.kind, "severity": message.severity, "language": message.language}
    found: dict[str, object] = {
        "Message": plain(message, LONGEST, utf8) or clip(message.kind, SUBJECT),
        "MessageAttributes": {
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items() if value
        },
    }
    # Control characters and line breaks are refused.
    subject = " ".join("".join(letter if letter.isprintable() else " " for letter in message.title).split())
    if subject:
        found["Subject"] = clip(subject, SUBJECT)
    if arn.endswith(".fifo"):
        found |= {"MessageGroupId": "daybreak", "MessageDeduplicationId": f"daybreak-{message.key}"}
    return found
