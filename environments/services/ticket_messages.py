"""What changed on a ticket as a mail: in the reader's language, as text and HTML, with what mail programs need to put
it into one conversation and to stop it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, formataddr
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import formats, translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from environments.models import TicketMail
from environments.models.texts import in_language
from notifications.messages import absolute
from portal import preferences

from . import ticket_readers
from .report_messages import language_of

OPENED, DONE = "opened", "done"
"""What a line of a mail tells beside what changed (`event`)."""


@dataclass(frozen=True, slots=True)
class Told:
    """A change as its reader reads it. `is_comment`: there is no value before it."""

    what: str
    old: str
    new: str
    who: str
    when: str
    is_comment: bool


def compose(mail: TicketMail) -> EmailMultiAlternatives:
    """The message. Its lines are read anew, as some may have come until it was claimed; three queries."""
    mail.refresh_from_db(fields=["lines"])
    reader, ticket = mail.reader, mail.ticket
    events = {line["event"] for line in mail.lines}
    by_rule = not ticket_readers.is_watching(reader, ticket)
    rules = ticket_readers.rules_of(reader, ticket)
    token = ticket_readers.token(reader=reader.pk, ticket=ticket.pk, by_rule=by_rule)
    stop = absolute(reverse("public:ticket_mail", args=[token]))
    with translation.override(language_of(reader)):
        environment = ticket.environment
        context = {
            "ticket": ticket,
            "headline": _headline(events),
            "opened": OPENED in events,
            "where": environment.name if environment else ticket.team.name,
            "team": environment.team.name if environment else ticket.team.name,
            "lines": [_told(line, mail) for line in mail.lines if "what" in line],
            "language": language_of(reader),
            "page": absolute(reverse("environments:ticket", args=[ticket.pk])),
            "stop": stop,
            "rules": ticket_readers.rules_words(rules),
        }
        message = EmailMultiAlternatives(
            subject=" ".join(f"[{context['where']}] #{ticket.pk} {ticket.title_text}".split()),
            body=render_to_string("environments/ticket_mail.txt", context),
            from_email=settings.EMAIL_FROM,
            to=[formataddr((reader.get_full_name(), reader.email))],
            headers={
                **_thread(mail, opened=OPENED in events),
                "Date": format_datetime(datetime.fromisoformat(mail.lines[-1]["at"])),
                # RFC 8058: mail programs offer a button, and stop the mails with one POST.
                "List-Unsubscribe": f"<{stop}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                "List-Id": f"<ticket-{ticket.pk}.{_host()}>",
                "Content-Language": language_of(reader),
                "Auto-Submitted": "auto-generated",
            },
        )
        message.attach_alternative(render_to_string("environments/ticket_mail.html", context), "text/html")
    return message


def _thread(mail: TicketMail, *, opened: bool) -> dict[str, str]:
    """The same at each try, so that a mail that came twice can be told. All mails of a ticket answer the one of its
    opening, also for who did not get that."""
    first = f"<ticket-{mail.ticket_id}@{_host()}>"
    if opened:
        return {"Message-ID": first}
    own = f"<ticket-{mail.ticket_id}-{mail.pk}@{_host()}>"
    return {"Message-ID": own, "In-Reply-To": first, "References": first}


def _host() -> str:
    return str(urlsplit(settings.BASE_URL).hostname)


def _headline(events: set[str]) -> str:
    if OPENED in events and DONE in events:
        return _("Opened, and done already")
    if OPENED in events:
        return pgettext("a ticket in a mail", "A new ticket")
    if DONE in events:
        return pgettext("a ticket in a mail", "Done")
    return pgettext("a ticket in a mail", "Something has changed")


def _told(line: dict[str, Any], mail: TicketMail) -> Told:
    old, new = in_language(line["old"]), in_language(line["new"])
    return Told(
        what=in_language(line["what"]),
        old=old or "–",
        new=new or "–",
        who=line["who"] or _("the portal"),
        when=_when(datetime.fromisoformat(line["at"]), mail),
        is_comment=bool(line.get("said")),
    )


def _when(at: datetime, mail: TicketMail) -> str:
    """“21 Nov 2026 18:04 (Asia/Seoul)”: by the reader's own clock, else the environment's, else the portal's."""
    environment = mail.ticket.environment
    zone = preferences.of(mail.reader).timezone or (environment.zone_name if environment else settings.TIME_ZONE)
    local = at.astimezone(ZoneInfo(zone))
    return f"{formats.date_format(local, 'DATE_FORMAT')} {local:%H:%M} ({zone})"
