"""Pages of the monthly reports: the list, one report, the present month so far, and what became of its mails."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from environments.models import MonthlyReport, ReportMail
from environments.services import report_mails, report_previews, report_readers, report_words, reports
from environments.services.cost_words import day_words, hours, month_words
from portal.mail import is_configured
from portal.moments import stamp

from .displays import name_of, toned

SEND_AGAIN = "notifications.resend_delivery"
# Who looks after the channels has the mail server's settings in hand, or knows who does.
LOOK_AFTER_MAIL = "notifications.change_channel"
PER_PAGE = 50
TONES = {"pending": "moving", "sent": "running", "failed": "failed", "unknown": "unknown"}

View = Callable[..., HttpResponseBase]


def for_readers(view: View) -> Any:
    """Sign-in first; then PermissionDenied, in words, for those who may not see reports."""

    @wraps(view)
    def allowed(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm(reports.VIEW):
            raise PermissionDenied(_("You may not see reports. An administrator can give you a role that may."))
        return view(request, **kwargs)

    return admin.site.admin_view(allowed)


@for_readers
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """All reports that somebody may read, the newest first; of one team with `team`."""
    teams = list(reports.teams_of(request.user).order_by("name").values_list("pk", "name"))
    team = _number(request.GET.get("team", ""))
    rows = reports.visible_to(request.user).select_related("team").order_by("-month", "team__name")
    shown = Paginator(rows.filter(team=team) if team else rows, PER_PAGE).get_page(request.GET.get("page"))
    context = admin.site.each_context(request) | {
        "title": _("Monthly reports"),
        "teams": teams,
        "team": team,
        "pages": shown,
        "reports": [(one, report_words.shown(one)) for one in shown.object_list],
        **_missing(request),
        "own_mails": _own_mails(request),
    }
    return TemplateResponse(request, "environments/reports.html", context)


@for_readers
@require_GET
def one(request: HttpRequest, *, number: int) -> HttpResponse:
    report = reports.visible_to(request.user).select_related("team").filter(pk=number).first()
    if report is None:
        raise Http404(_("There is no such report that you can see."))
    return _shown(request, report)


@for_readers
@require_GET
def preview(request: HttpRequest) -> HttpResponse:
    """The present month so far: of the team asked for, of the only one that somebody may read of, else of each of
    them, in a line that leads to its own."""
    now = timezone.now()
    teams = reports.teams_of(request.user).order_by("name")
    number = _number(request.GET.get("team", ""))
    some = list((teams.filter(pk=number) if number else teams)[:2])
    if not some:
        raise Http404(_("There is no such team that you can see."))
    if len(some) == 1:
        return _shown(request, reports.preview(team=some[0], now=now))
    pages = Paginator(teams, PER_PAGE).get_page(request.GET.get("page"))
    context = admin.site.each_context(request) | {
        "title": _("%(month)s, all teams") % {"month": month_words(report_previews.month_of_now(now))},
        "so_far": report_words.so_far_words(now),
        "pages": pages,
        "lines": [
            (one.team, hours(one.seconds), report_words.headline(one.sums, one.seconds))
            for one in report_previews.so_far(teams=list(pages.object_list), now=now)
        ],
    }
    return TemplateResponse(request, "environments/report_previews.html", context)


@for_readers
@require_POST
def again(request: HttpRequest) -> HttpResponse:
    """Send a failed or unknown mail once more."""
    if not request.user.has_perm(SEND_AGAIN):
        raise PermissionDenied(_("You may not send mails again. An operator can."))
    mails = ReportMail.objects.select_related("report__team", "reader")
    mails = mails.filter(report__in=reports.visible_to(request.user))
    mail = mails.filter(pk=_number(request.POST.get("mail", ""))).first()
    if mail is None:
        raise Http404(_("There is no such mail."))
    if report_mails.send_again(mail=mail, now=timezone.now()):
        messages.success(request, _("It is sent again within a minute."))
    else:
        messages.error(request, _("It cannot be sent again: look at what became of it, and whether its reader left."))
    return redirect("environments:costs_report", number=mail.report_id)


def _shown(request: HttpRequest, report: MonthlyReport) -> HttpResponse:
    found = report_words.shown(report)
    context = admin.site.each_context(request) | {
        "title": _("Report of %(team)s") % {"team": found.team},
        "report": found,
        "made": stamp(report.made_at) if report.pk else "",
        "mails": _mails(report) if report.pk and request.user.has_perm(SEND_AGAIN) else None,
        **_missing(request),
    }
    return TemplateResponse(request, "environments/report.html", context)


def _missing(request: HttpRequest) -> dict[str, bool]:
    """Whether mails wait for a mail server, and whether it is for the reader to set one."""
    return {"mail_missing": not is_configured(), "may_set_mail": request.user.has_perm(LOOK_AFTER_MAIL)}


def _mails(report: MonthlyReport) -> list[dict[str, Any]]:
    """One query."""
    return [
        {
            "pk": mail.pk,
            "reader": name_of(mail.reader),
            "address": mail.reader.email,
            "state": toned(mail.get_status_display(), TONES[mail.status]),
            "when": day_words(mail.sent_at.date(), year=True) if mail.sent_at else "",
            "tries": mail.attempts,
            "said": _said(mail.error),
            "can_be_repeated": mail.status in report_mails.REPEATABLE,
        }
        for mail in report.mails.select_related("reader").order_by("reader__username")
    ]


def _said(error: str) -> str:
    """The mail server's words as they are, ours in the reader's language."""
    return _(error) if error in report_mails.OWN_WORDS else error


def _own_mails(request: HttpRequest) -> list[dict[str, str]]:
    """Of which teams the reader gets reports by mail, and where that is changed."""
    if not isinstance(request.user, User):
        return []
    rows = ReportMail.objects.filter(reader=request.user, report__team__members=request.user.pk)
    return [
        {
            "team": name,
            "address": reverse("public:report_mail", args=[report_readers.token(reader=request.user.pk, team=pk)]),
        }
        for pk, name in rows.order_by("report__team__name").values_list("report__team", "report__team__name").distinct()
    ]


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
