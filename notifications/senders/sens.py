"""Text messages by Naver Cloud's SENS (SMS v2): SMS when short, LMS when long.

Facts: Naver Cloud's API guide of SENS and of "Signature" (checked 2026-11-21). SENS knows no idempotency key: what may
have been taken is unknown, never sent again by itself. Its answers repeat numbers and texts, so they are not kept.
"""

import base64
import hashlib
import hmac
import re
import time
from collections.abc import Mapping
from typing import ClassVar, Final
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from notifications.masking import ELLIPSIS
from notifications.senders import euc_kr
from notifications.senders.base import ConfigField, Lines, Message, Sent, TransportError
from notifications.senders.http import Answer, answered, post_json, refusal, validate_address
from notifications.senders.lengths import clip
from notifications.senders.readers import plain
from notifications.senders.values import check_token, looks_like
from notifications.texts import filled

API: Final = "https://sens.apigw.ntruss.com"
SMS, LMS, SUBJECT = 90, 2000, 40
"""Bytes of EUC-KR."""
ACCEPTED: Final = "202"


def check_api(value: str) -> None:
    """Raises ValidationError unless the value is an address of Naver Cloud (or, when allowed, of this machine)."""
    validate_address(value)
    parts = urlsplit(value)
    if parts.scheme == "https" and not (parts.hostname or "").endswith(".ntruss.com"):
        raise ValidationError(_("This is not an address of Naver Cloud."))


class Sens:
    """Sends to the phone number of a contact and keeps the request's id."""

    about: ClassVar[StrOrPromise] = _(
        "Text messages to the people who hear of something, by Naver Cloud SENS. You need a SENS project with a"
        " registered number, and an API key; each person's number is in their contact."
    )
    address: ClassVar[str] = "phone"
    per_minute: ClassVar[int | None] = None
    lines: ClassVar[Lines] = Lines(8, 60)  # two bytes a letter

    config_fields: ClassVar[tuple[ConfigField, ...]] = (
        ConfigField(
            "service_id",
            label=_("Service id"),
            help_text=_(
                "In SENS: Project, the key beside its name, SMS. For example ncp:sms:kr:123456789012:daybreak."
            ),
            secret=False,
            check=looks_like(r"[A-Za-z0-9:._-]{3,200}", _("A service id looks like ncp:sms:kr:123456789012:daybreak.")),
        ),
        ConfigField(
            "access_key",
            label=_("Access key id"),
            help_text=_("In Naver Cloud: My Page, Manage Auth Keys. For example AbCdEfGhIjKlMnOpQrSt."),
            check=check_token,
        ),
        ConfigField(
            "secret_key",
            label=_("Secret key"),
            help_text=_("The one beside the access key id. For example 40 letters and digits."),
            check=check_token,
        ),
        ConfigField(
            "sender",
            label=_("From number"),
            help_text=_("As it is registered at SENS (Calling number). For example 02-1234-5678."),
            secret=False,
            check=looks_like(r"[0-9][0-9 -]{6,16}[0-9]", _("Enter a number as 02-1234-5678.")),
        ),
        ConfigField(
            "api_url",
            label=_("Address of the API"),
            help_text=_("Empty: https://sens.apigw.ntruss.com. For public offices: https://sens.apigw.gov-ntruss.com."),
            secret=False,
            required=False,
            check=check_api,
        ),
    )

    def send(self, message: Message, config: Mapping[str, str]) -> Sent:
        """Posts the message. See `Sender.send`."""
        number = domestic(message.to)
        path = f"/sms/v2/services/{config.get('service_id', '')}/messages"
        answer = post_json(
            (config.get("api_url") or API).rstrip("/") + path,
            payload(message, number, config.get("sender", "")),
            headers=signed(path, config, str(round(time.time() * 1000))),
        )
        said = answer.json()
        if answer.status != 202:
            raise _error(answer)
        if (code := str(said.get("statusCode") or ACCEPTED)) != ACCEPTED:
            raise _refused_inside(code)
        return Sent(external_id=str(said.get("requestId", "")), code=answer.status)


def payload(message: Message, number: str, sender: str) -> dict[str, object]:
    """The JSON of a message to one number: SMS where all of it fits, else LMS, with a subject."""
    said = euc_kr.fitting(plain(message, 10 * LMS))
    sent: dict[str, object] = {
        "type": "SMS",
        "contentType": "COMM",
        "countryCode": "82",
        "from": re.sub(r"\D", "", sender),
        "content": said,
        "messages": [{"to": number}],
    }
    if euc_kr.length(said) <= SMS:
        return sent
    title = " ".join(euc_kr.fitting(message.title).split())
    subject = clip(title, SUBJECT, euc_kr.length, euc_kr.END)
    # Phones show the subject above the text: a whole one need not be said twice.
    repeated = subject != title
    content = plain(message, LMS, lambda text: euc_kr.length(euc_kr.fitting(text)), titled=repeated)
    return sent | {"type": "LMS", "subject": subject, "content": euc_kr.fitting(content) or subject}


def signed(path: str, config: Mapping[str, str], timestamp: str) -> dict[str, str]:
    """The headers of a POST to `path` at `timestamp` (ms since 1970), with signature v2. The body is not signed."""
    access_key = config.get("access_key", "")
    words = f"POST {path}\n{timestamp}\n{access_key}".encode()
    digest = hmac.new(config.get("secret_key", "").encode(), words, hashlib.sha256).digest()
    return {
        "x-ncp-apigw-timestamp": timestamp,
        "x-ncp-iam-access-key": access_key,
        "x-ncp-apigw-signature-v2": base64.b64encode(digest).decode("ascii"),
    }


def domestic(phone: str) -> str:
    """A Korean number as SENS takes it, digits only: +82 10-1234-5678 is 01012345678. Raises TransportError for any
    other number; it names none."""
    digits = re.sub(r"\D", "", phone)
    if phone.strip().startswith("+"):
        digits = "0" + digits.removeprefix("82").removeprefix("0") if digits.startswith("82") else ""
    if not re.fullmatch(r"0\d{7,11}", digits):
        raise TransportError(_("The phone number is no Korean one. SENS sends to such only."), permanent=True)
    return digits


def _refused_inside(code: str) -> TransportError:
    """The request was taken, and its body says that the message was not."""
    shown = code if re.fullmatch(r"\d{3}", code, re.ASCII) else ELLIPSIS
    words = filled(_("SENS took the request and refused the message (%(code)s)."), code=shown)
    return TransportError(words, permanent=True, code=202)


def _error(answer: Answer) -> TransportError:
    said: StrOrPromise = ""
    match answer.status:
        case 400:
            said = _("the number of the reader, or the from number is not registered")
        case 401:
            said = _("the keys are wrong, or this machine's clock is")
        case 403 | 404:
            said = _("there is no such service, or the keys may not use it")
    return refusal(answer, answered(answer, "SENS", said))
