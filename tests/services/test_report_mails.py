"""Mails of reports, given to a real mail server: each once, whatever the server says or does not say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from environments.models import MonthlyReport, ReportMail
from environments.services import report_mails, report_readers, reports
from environments.services.report_mails import Status
from portal.models import Preference
from tests import factories
from tests.support.mail_server import MailServer, mail_server

from .test_reports import SOON, chat, counted, reader

pytestmark = pytest.mark.django_db
NOW = SOON
ADDRESS = "manager@example.com"


@pytest.fixture
def server(settings: Settings) -> Iterator[MailServer]:
    with mail_server() as made:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", made.port
        settings.EMAIL_FROM = "Daybreak <daybreak@example.com>"
        settings.EMAIL_USE_TLS, settings.EMAIL_TIMEOUT = False, 5
        yield made


def owed(*addresses: str) -> list[ReportMail]:
    """A report of November, with a mail for each of these; the manager's, if none is named."""
    counted(chat())
    for number, address in enumerate(addresses or (ADDRESS,)):
        person = reader() if not number else factories.person(f"reader-{number}", "Viewer", factories.team())
        User.objects.filter(pk=person.pk).update(email=address)
    reports.make_due(now=NOW)
    return list(ReportMail.objects.order_by("pk"))


def row() -> ReportMail:
    return ReportMail.objects.get()


def test_a_mail_is_in_the_language_of_its_reader_as_text_and_as_html(server: MailServer) -> None:
    (mail,) = owed()
    Preference.objects.create(user=mail.reader, language="ko")
    assert report_mails.send_due(now=NOW) == 1
    (taken,) = server.taken
    text, html = (taken.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    assert taken["Subject"].strip().startswith("Chat, 2026년 11월: ")
    for part in (text.get_content(), html.get_content()):
        assert "US$10.00" in part
        assert "chat-dev" in part
    assert 'lang="ko"' in html.get_content()
    assert "width:14%" in html.get_content()
    assert taken["From"] == "Daybreak <daybreak@example.com>"
    assert taken["To"] == ADDRESS
    assert (row().status, row().sent_at is not None, row().leased_until) == (Status.SENT, True, None)


def test_a_mail_can_be_told_and_stopped_by_what_its_head_says(server: MailServer, settings: Settings) -> None:
    settings.BASE_URL = "https://portal.example.com"
    (mail,) = owed()
    report_mails.send_due(now=NOW)
    (taken,) = server.taken
    assert taken["Message-ID"] == f"<report-{mail.report_id}-{mail.reader_id}@portal.example.com>"
    assert taken["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = taken["List-Unsubscribe"].strip(" <>")
    assert link.startswith("https://portal.example.com/reports/mails/")
    reading = report_readers.read(link.rstrip("/").rpartition("/")[2])
    assert reading is not None
    assert reading.reader == mail.reader


def test_what_was_sent_is_not_sent_again(server: MailServer) -> None:
    owed()
    report_mails.send_due(now=NOW)
    assert report_mails.send_due(now=NOW + timedelta(days=1)) == 0
    assert not report_mails.send_again(mail=row(), now=NOW)
    assert len(server.taken) == 1


def test_a_line_that_begins_with_a_dot_arrives_as_it_is(server: MailServer) -> None:
    from environments.services.report_messages import compose
    from portal.mail import Post

    message = compose(owed()[0])
    message.body, message.alternatives = ".first\r\n..second\r\n.\r\nlast", []
    with Post() as post:
        post.send(message)
    assert server.taken[0].get_content().splitlines() == [".first", "..second", ".", "last"]


def test_a_mail_refused_for_the_moment_is_tried_again_later(server: MailServer) -> None:
    owed()
    server.to_rcpt[ADDRESS] = "451 4.7.1 Greylisted, come back"
    assert report_mails.send_due(now=NOW) == 0
    assert (row().status, row().error, row().attempts) == (Status.PENDING, "451 4.7.1 Greylisted, come back", 1)
    assert report_mails.send_due(now=NOW) == 0
    assert len(server.asked) == 1
    server.to_rcpt.clear()
    assert report_mails.send_due(now=row().not_before) == 1
    assert (row().status, row().error) == (Status.SENT, "")


@pytest.mark.parametrize("where", ["to_rcpt", "to_data"])
def test_a_mail_refused_for_good_has_failed_in_the_servers_words_and_others_go_on(
    server: MailServer, where: str
) -> None:
    owed(ADDRESS, "other@example.com")
    getattr(server, where)[ADDRESS] = "550 5.1.1 No such user here"
    assert report_mails.send_due(now=NOW) == 1
    failed = ReportMail.objects.get(reader__email=ADDRESS)
    assert (failed.status, failed.error) == (Status.FAILED, "550 5.1.1 No such user here")
    assert report_mails.send_due(now=NOW + timedelta(hours=1)) == 0
    getattr(server, where).clear()
    assert report_mails.send_again(mail=failed, now=NOW)
    assert report_mails.send_due(now=NOW) == 1
    assert {mail["To"] for mail in server.taken} == {ADDRESS, "other@example.com"}


@pytest.mark.parametrize("fault", ["drops", "hangs"])
def test_when_nobody_knows_whether_it_was_taken_it_is_not_sent_again_by_itself(
    server: MailServer, settings: Settings, fault: str
) -> None:
    settings.EMAIL_TIMEOUT = 0.3
    owed()
    setattr(server, fault, True)
    assert report_mails.send_due(now=NOW) == 0
    assert row().status == Status.UNKNOWN
    assert row().error
    assert report_mails.send_due(now=NOW + timedelta(hours=1)) == 0
    assert len(server.asked) == 1
    settings.EMAIL_TIMEOUT = 5
    setattr(server, fault, False)
    assert report_mails.send_again(mail=row(), now=NOW)
    assert report_mails.send_due(now=NOW) == 1


def test_a_server_that_is_away_delays_and_loses_nothing(server: MailServer, settings: Settings) -> None:
    owed(ADDRESS, "other@example.com")
    settings.EMAIL_PORT = 9
    assert report_mails.send_due(now=NOW) == 0
    tried = ReportMail.objects.get(attempts=1)
    assert (tried.status, "refused" in tried.error) == (Status.PENDING, True)
    assert ReportMail.objects.get(attempts=0).status == Status.PENDING  # one try a turn tells enough
    settings.EMAIL_PORT = server.port
    assert report_mails.send_due(now=NOW + timedelta(hours=1)) == 2


def test_where_the_server_does_not_encrypt_as_it_should_nothing_is_said_in_the_clear(
    server: MailServer, settings: Settings
) -> None:
    settings.EMAIL_USE_TLS = True
    owed()
    assert report_mails.send_due(now=NOW) == 0
    assert (row().status, "STARTTLS" in row().error, server.asked) == (Status.PENDING, True, [])


def test_a_sign_in_that_is_refused_concerns_no_single_mail(server: MailServer, settings: Settings) -> None:
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "daybreak", "wrong"
    owed()
    assert report_mails.send_due(now=NOW) == 0
    assert (row().status, row().attempts, server.asked) == (Status.PENDING, 1, [])
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    assert report_mails.send_due(now=NOW + timedelta(hours=1)) == 1


def test_a_mail_that_never_gets_through_fails_in_the_end(server: MailServer) -> None:
    owed()
    server.to_rcpt[ADDRESS] = "451 later"
    ReportMail.objects.update(attempts=report_mails.MOST_TRIES - 1)
    report_mails.send_due(now=NOW)
    assert (row().status, row().error) == (Status.FAILED, "451 later")


def test_a_worker_that_dies_while_sending_leaves_an_unknown_mail(server: MailServer) -> None:
    owed()
    ReportMail.objects.update(leased_until=NOW + report_mails.LEASE, attempts=1)
    assert report_mails.send_due(now=NOW) == 0
    assert row().status == Status.PENDING
    assert report_mails.send_due(now=NOW + report_mails.LEASE) == 0
    assert (row().status, row().error, server.taken) == (Status.UNKNOWN, report_mails.CUT_OFF, [])


def test_two_workers_send_a_mail_once(server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    owed()
    real = report_readers.may_still_read

    def another_is_quicker(*args: Any) -> bool:
        monkeypatch.setattr(report_readers, "may_still_read", real)
        assert report_mails.send_due(now=NOW) == 1
        return True

    monkeypatch.setattr(report_readers, "may_still_read", another_is_quicker)
    assert report_mails.send_due(now=NOW) == 0
    assert len(server.taken) == 1
    assert row().attempts == 1


def test_without_a_mail_server_mails_wait_and_are_no_news_after_a_month(settings: Settings) -> None:
    owed()
    assert report_mails.send_due(now=NOW) == 0
    assert (row().status, row().attempts) == (Status.PENDING, 0)
    with mail_server() as late:
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_FROM = "127.0.0.1", late.port, "daybreak@example.com"
        settings.EMAIL_USE_TLS = False
        assert report_mails.send_due(now=NOW + timedelta(days=32)) == 0
        assert (row().status, row().error) == (Status.FAILED, report_mails.LATE)
        assert report_mails.send_again(mail=row(), now=NOW + timedelta(days=32))
        assert report_mails.send_due(now=NOW + timedelta(days=32)) == 1


def test_who_left_the_team_since_gets_no_mail(server: MailServer) -> None:
    (mail,) = owed()
    mail.report.team.members.clear()
    assert report_mails.send_due(now=NOW) == 0
    assert (row().status, row().error, server.asked) == (Status.FAILED, report_mails.GONE, [])
    assert not report_mails.send_again(mail=mail, now=NOW)


def test_who_stopped_the_mails_gets_none_of_this_team_until_they_want_them_again(server: MailServer) -> None:
    (mail,) = owed()
    reading = report_readers.Reading(mail.reader, mail.report.team)
    report_mails.send_due(now=NOW)
    report_readers.stop(reading)
    assert (row().status, report_readers.is_stopped(reading)) == (Status.SENT, True)
    assert list(report_readers.of_team(mail.report.team)) == []
    report_readers.resume(reading)
    assert list(report_readers.of_team(mail.report.team)) == [mail.reader]


def test_a_mail_that_waits_is_not_sent_to_who_stopped_them(server: MailServer) -> None:
    (mail,) = owed()
    report_readers.stop(report_readers.Reading(mail.reader, mail.report.team))
    assert report_mails.send_due(now=NOW) == 0
    assert (row().status, row().error, server.asked) == (Status.FAILED, report_mails.GONE, [])


def test_where_no_mail_is_due_nothing_is_asked_but_that(server: MailServer) -> None:
    MonthlyReport.objects.create(team=factories.team(), month=datetime(2026, 11, 1, tzinfo=UTC), made_at=NOW)
    with CaptureQueriesContext(connection) as queries:
        report_mails.send_due(now=NOW)
    assert len(queries) <= 3
