"""The link of a report's mail: it stops the mails and has them sent again, without a sign-in and for nobody else."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.utils import timezone

from environments.models import MonthlyReport, ReportMail
from environments.services import report_readers
from portal.models import Preference
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent() -> ReportMail:
    reader, now = factories.manager(), timezone.now()
    reader.email = "manager@example.com"
    reader.save()
    report = MonthlyReport.objects.create(team=factories.team(), month=date(2026, 10, 1), made_at=now)
    return ReportMail.objects.create(report=report, reader=reader, status="sent", not_before=now)


def address(of: ReportMail) -> str:
    return f"/reports/mails/{report_readers.token(reader=of.reader_id, team=of.report.team_id)}/"


def is_stopped(of: ReportMail) -> bool:
    return report_readers.is_stopped(report_readers.Reading(of.reader, of.report.team))


def test_looking_changes_nothing(sent: ReportMail) -> None:
    page = Client().get(address(sent)).content.decode()
    assert "The monthly reports of Chat are sent to manager@example.com." in page
    assert not is_stopped(sent)


def test_one_post_stops_the_mails_and_another_has_them_sent_again(sent: ReportMail) -> None:
    browser = Client(enforce_csrf_checks=True)
    assert "No more mails" in browser.post(address(sent)).content.decode()
    assert is_stopped(sent)
    assert "are sent to" in browser.post(address(sent), {"resume": "on"}).content.decode()
    assert not is_stopped(sent)


def test_mail_programs_stop_them_with_the_one_click_of_rfc_8058(sent: ReportMail) -> None:
    answer = Client(enforce_csrf_checks=True).post(address(sent), {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert is_stopped(sent)


def test_a_link_that_was_changed_does_nothing(sent: ReportMail) -> None:
    other = address(sent).replace("mails/W", "mails/X")
    answer = Client().post(other)
    assert answer.status_code == 404
    assert "This link does not work" in answer.content.decode()
    assert not is_stopped(sent)


def test_the_page_is_in_the_language_of_its_reader(sent: ReportMail) -> None:
    Preference.objects.create(user=sent.reader, language="ko")
    assert '<html lang="ko">' in Client().get(address(sent)).content.decode()
