"""Mails of reports and tickets: one that breaks has failed by itself, and none waits for ever."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import Settings

from environments.models import ReportMail
from environments.services import owed_mails, report_mails, ticket_mails
from environments.services.owed_mails import BROKEN, Kind
from environments.services.report_mails import Status
from tests.support.mail_server import MailServer

from .test_report_mails import NOW, owed, server

pytestmark = pytest.mark.django_db
__all__ = ["server"]
TWO = ("first@example.com", "second@example.com")


def breaks(mail: Any) -> Any:
    if mail.reader.email == TWO[0]:
        raise KeyError("a defect with this one")
    return True


def composed(mail: Any) -> Any:
    breaks(mail)
    return report_mails.MAILS.compose(mail)


@pytest.mark.parametrize(
    "kind",
    [replace(report_mails.MAILS, may_go=breaks), replace(report_mails.MAILS, compose=composed)],
    ids=["who may have it", "writing it"],
)
def test_one_that_breaks_has_failed_and_the_others_are_sent(
    server: MailServer, caplog: pytest.LogCaptureFixture, kind: Kind
) -> None:
    bad, good = owed(*TWO)
    assert owed_mails.send_due(kind, now=NOW) == 1
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.status, bad.error, good.status) == (Status.FAILED, BROKEN, Status.SENT)
    assert [mail["To"] for mail in server.taken] == [TWO[1]]
    said = [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR]
    assert said == [f"The mail {bad.pk} (ReportMail) broke."]
    assert owed_mails.send_due(kind, now=NOW + timedelta(hours=1)) == 0, "and it is not tried for ever"


def test_one_that_still_breaks_is_not_owed_again(server: MailServer) -> None:
    bad, _good = owed(*TWO)
    kind = replace(report_mails.MAILS, may_go=breaks)
    owed_mails.send_due(kind, now=NOW)
    assert not owed_mails.send_again(kind, mail=bad, now=NOW)
    assert owed_mails.send_again(report_mails.MAILS, mail=bad, now=NOW)
    assert report_mails.send_due(now=NOW) == 1


def test_where_there_is_no_mail_server_they_have_an_end_too(settings: Settings) -> None:
    settings.EMAIL_HOST = settings.EMAIL_FROM = ""
    (mail,) = owed(TWO[0])
    assert report_mails.send_due(now=NOW + report_mails.MAILS.too_old - timedelta(minutes=1)) == 0
    mail.refresh_from_db()
    assert mail.status == Status.PENDING
    assert report_mails.send_due(now=NOW + report_mails.MAILS.too_old + timedelta(minutes=1)) == 0
    assert (ReportMail.objects.get().status, ReportMail.objects.get().error) == (Status.FAILED, report_mails.LATE)
    assert ticket_mails.MAILS.too_old == timedelta(days=3)
