"""The pages of the monthly reports: for the people of a team; what became of the mails, for operators."""

from __future__ import annotations

from datetime import date

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from environments.models import MonthlyReport, ReportMail, Team
from environments.services import report_readers, reports
from tests import factories

from .conftest import Enter

pytestmark = pytest.mark.django_db
LIST = "/costs/reports/"


def report(team: str = "Chat", month: date = date(2026, 10, 1)) -> MonthlyReport:
    made = reports.preview(team=factories.team(team), now=timezone.now())
    made.month = month
    made.figures |= {"first": f"{month}", "is_over": True}
    made.save()
    return made


def mail(of: MonthlyReport, status: str = "failed", **fields: str) -> ReportMail:
    """To the manager."""
    reader = factories.manager()
    User.objects.filter(pk=reader.pk).update(email="manager@example.com")
    return ReportMail.objects.create(report=of, reader=reader, status=status, not_before=of.made_at, **fields)


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_people_read_the_reports_of_their_teams_and_operators_all(as_manager: Client, as_operator: Client) -> None:
    own, other = report(), report("Payments")
    assert f"{LIST}{own.pk}/" in text(as_manager, LIST)
    assert f"{LIST}{other.pk}/" not in text(as_manager, LIST)
    assert "Chat, October 2026" in text(as_manager, f"{LIST}{own.pk}/")
    assert as_manager.get(f"{LIST}{other.pk}/").status_code == 404
    assert as_manager.get(f"{LIST}preview/?team={other.team_id}").status_code == 404
    assert f"{LIST}{other.pk}/" in text(as_operator, LIST)


def test_who_may_not_read_reports_is_told_so(enter: Enter) -> None:
    nobody = User.objects.create_user("nobody", is_staff=True)
    factories.team().members.add(nobody)
    answer = enter(nobody).get(LIST)
    assert answer.status_code == 403
    assert "You may not see reports" in answer.content.decode()


def test_the_list_can_be_narrowed_to_a_team(as_operator: Client) -> None:
    own, other = report(), report("Payments")
    page = text(as_operator, f"{LIST}?team={own.team_id}")
    assert f"{LIST}{own.pk}/" in page
    assert f"{LIST}{other.pk}/" not in page


def test_the_month_so_far_is_shown_and_not_kept(as_manager: Client) -> None:
    factories.environment()
    page = text(as_manager, f"{LIST}preview/")
    assert "so far, until 23 Nov" in page
    assert not MonthlyReport.objects.exists()


def test_operators_see_what_became_of_each_mail_and_people_do_not(as_manager: Client, as_operator: Client) -> None:
    made = report()
    mail(made, error="550 5.1.1 No such user here")
    page = text(as_operator, f"{LIST}{made.pk}/")
    assert "550 5.1.1 No such user here" in page
    assert "manager@example.com" in page
    assert "Send again" in page
    assert "550 5.1.1" not in text(as_manager, f"{LIST}{made.pk}/")


@pytest.mark.parametrize("status", ["failed", "unknown"])
def test_operators_send_a_failed_or_unknown_mail_again(as_operator: Client, status: str) -> None:
    made = mail(report(), status)
    answer = as_operator.post(f"{LIST}again/", {"mail": made.pk}, follow=True)
    assert "It is sent again within a minute." in answer.content.decode()
    assert ReportMail.objects.get().status == "pending"


def test_a_sent_mail_cannot_be_sent_again_and_a_manager_sends_none(as_operator: Client, as_manager: Client) -> None:
    made = mail(report(), "sent")
    answer = as_operator.post(f"{LIST}again/", {"mail": made.pk}, follow=True)
    assert "It cannot be sent again" in answer.content.decode()
    assert as_manager.post(f"{LIST}again/", {"mail": made.pk}).status_code == 403
    assert as_operator.get(f"{LIST}again/").status_code == 405
    assert ReportMail.objects.get().status == "sent"


def test_without_a_mail_server_each_is_told_what_they_can_do_about_it(
    as_manager: Client, as_operator: Client, as_administrator: Client, settings: Settings
) -> None:
    made = mail(report(), "pending")
    shown = [(as_manager, LIST), (as_operator, f"{LIST}{made.report_id}/")]
    for client, address in shown:
        assert "Mails are not set up: ask an administrator." in text(client, address)
        assert "EMAIL_HOST" not in text(client, address)
    shown += [(as_administrator, LIST), (as_administrator, f"{LIST}{made.report_id}/")]
    for client, address in shown[2:]:
        assert "wait until EMAIL_HOST and EMAIL_FROM are in the portal’s settings" in text(client, address)
        assert "docs/reports.md" in text(client, address)
    settings.EMAIL_HOST, settings.EMAIL_FROM = "127.0.0.1", "daybreak@example.com"
    for client, address in shown:
        assert "set up" not in text(client, address)
        assert "EMAIL_HOST" not in text(client, address)


def test_the_list_leads_its_reader_to_where_their_mails_are_stopped(as_manager: Client) -> None:
    made = mail(report(), "sent")
    token = report_readers.token(reader=made.reader_id, team=made.report.team_id)
    assert f"/reports/mails/{token}/" in text(as_manager, LIST)


def test_the_list_takes_as_many_queries_for_many_reports_as_for_one(as_operator: Client) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            text(as_operator, LIST)
        return len(queries)

    mail(report())
    few = asked()
    for month in range(1, 10):
        mail(report("Chat", date(2026, month, 1)), "sent")
        report(f"Team {month}")
    assert Team.objects.count() == 10
    assert asked() == few


def test_a_report_takes_as_many_queries_for_many_mails_as_for_one(as_operator: Client) -> None:
    made = report()

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            text(as_operator, f"{LIST}{made.pk}/")
        return len(queries)

    mail(made)
    few = asked()
    for number in range(8):
        person = factories.person(f"reader-{number}", "Viewer", made.team)
        ReportMail.objects.create(report=made, reader=person, status="sent", not_before=made.made_at)
    assert asked() == few
