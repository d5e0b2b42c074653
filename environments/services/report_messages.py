"""A report as a mail: in the reader's language, as text and HTML, with what mail programs need to file and stop it."""

from __future__ import annotations

from email.utils import format_datetime, formataddr
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from environments.models import ReportMail
from notifications.messages import absolute
from portal import preferences

from . import report_readers
from .report_words import shown, subject

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def compose(mail: ReportMail) -> EmailMultiAlternatives:
    """The message, always the same for one mail but for words that were translated since. Asks nothing of the database
    when the mail has its report, team and reader with their preference."""
    reader, report = mail.reader, mail.report
    stop = absolute(reverse("public:report_mail", args=[report_readers.token(reader=reader.pk, team=report.team_id)]))
    with translation.override(language_of(reader)):
        found = shown(report)
        context = {
            "report": found,
            "language": language_of(reader),
            "page": absolute(reverse("environments:costs_report", args=[report.pk])),
            "stop": stop,
        }
        message = EmailMultiAlternatives(
            subject=subject(found),
            body=render_to_string("environments/report_mail.txt", context),
            from_email=settings.EMAIL_FROM,
            to=[formataddr((reader.get_full_name(), reader.email))],
            headers={
                "Message-ID": message_id(mail),
                "Date": format_datetime(report.made_at),
                # RFC 8058: mail programs offer a button, and stop the mails with one POST.
                "List-Unsubscribe": f"<{stop}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                "Content-Language": language_of(reader),
                "Auto-Submitted": "auto-generated",
            },
        )
        message.attach_alternative(render_to_string("environments/report_mail.html", context), "text/html")
    return message


def message_id(mail: ReportMail) -> str:
    """The same at each try, so that a mail that came twice can be told."""
    return f"<report-{mail.report_id}-{mail.reader_id}@{urlsplit(settings.BASE_URL).hostname}>"


def language_of(reader: User) -> str:
    chosen = preferences.of(reader).language
    return chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
