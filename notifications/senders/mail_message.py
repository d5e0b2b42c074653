"""A message as a mail: text and HTML, in its language, with what mail programs need to file it and to stop it.

Facts: RFC 5322 (Message-ID), RFC 3834 (Auto-Submitted), RFC 2369 and RFC 8058 (List-Unsubscribe); checked 2026-11-21.
"""

from email.utils import formataddr, parseaddr
from typing import Final

from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from notifications.senders.base import Message, TransportError
from notifications.senders.lengths import clip
from notifications.senders.readers import bounded, doable

SUBJECT: Final = 250
TONES: Final = {"info": "#1d4ed8", "success": "#15803d", "warning": "#854d0e", "error": "#b91c1c"}
WORDS: Final = {"info": _("Info"), "success": _("Success"), "warning": _("Warning"), "error": _("Error")}


def compose(message: Message, *, sender: str, reply_to: str = "") -> EmailMultiAlternatives:
    """The mail to its one reader, from `sender` ("Daybreak <daybreak@example.com>"). The same at each try but for its
    date. Raises TransportError (permanent) when the reader's address is none."""
    try:
        validate_email(message.to)
    except ValidationError:
        raise TransportError(_("The e-mail address is none."), permanent=True) from None
    message = bounded(message)
    context = {
        "message": message,
        "doable": doable(message),
        "tone": TONES.get(message.severity, TONES["info"]),
        "word": WORDS.get(message.severity, message.severity),
    }
    with translation.override(message.language):
        mail = EmailMultiAlternatives(
            subject=clip(_flat(message.title), SUBJECT),
            body=render_to_string("notifications/mail/message.txt", context),
            from_email=sender,
            to=[formataddr((_flat(message.to_name), message.to))],
            reply_to=[reply_to] if reply_to else None,
            headers=headers(message, sender),
        )
        mail.attach_alternative(render_to_string("notifications/mail/message.html", context), "text/html")
    return mail


def headers(message: Message, sender: str) -> dict[str, str]:
    """The headers beside those that every mail has."""
    found = {
        # The same at each try, so that a mail that came twice can be told.
        "Message-ID": message_id(message, sender),
        "Auto-Submitted": "auto-generated",
        "Content-Language": message.language,
    }
    if message.unsubscribe:
        found["List-Unsubscribe"] = f"<{message.unsubscribe}>"
        # Mail programs offer a button, and stop the mails with one POST.
        found["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return found


def message_id(message: Message, sender: str) -> str:
    """ "<delivery-17@example.com>": of the key, and of the domain that it is from."""
    domain = parseaddr(sender)[1].rpartition("@")[2]
    return f"<delivery-{_flat(message.key).replace(' ', '-')}@{domain or 'localhost'}>"


def _flat(text: str) -> str:
    """In one line: a header that goes on in the next could be another header."""
    return " ".join(text.split())
