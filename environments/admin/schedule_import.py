"""The page on which schedules of AWS Instance Scheduler are taken over: a report first, then a POST that does it.

Between the two the files travel with the form, compressed and signed for who chose them, for an hour. So what is taken
over is what was reported on; nothing lies around on the server, and a file need not be chosen twice.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from environments.models import Schedule
from environments.models.texts import in_language
from environments.services.instance_scheduler_files import MAX_BYTES, File, Text, UnreadableFileError
from environments.services.schedule_import import ORDER, Outcome, Report, import_schedules

from .fields import zone_select

if TYPE_CHECKING:
    from portal.unfolded import ModelAdmin

MAX_FILES = 10
LISTED = 200
"""Rows of a report that a page lists, and sentences of each: what needs a look comes first. Counts are complete."""

MAX_CARRIED = 2_000_000
"""Characters of a form's field; Django refuses forms of more than 2.5 MB."""

HOUR = 60 * 60
TONES = {
    Outcome.ADDED: "running",
    Outcome.UPDATED: "moving",
    Outcome.UNCHANGED: "stopped",
    Outcome.EXISTS: "unknown",
    Outcome.REFUSED: "failed",
}

OUTCOME_WORDS = {
    Outcome.ADDED: gettext_lazy("new"),
    Outcome.UPDATED: gettext_lazy("overwritten"),
    Outcome.UNCHANGED: gettext_lazy("unchanged"),
    Outcome.EXISTS: gettext_lazy("there already, and different"),
    Outcome.REFUSED: gettext_lazy("not taken over"),
}


class _FilesInput(forms.FileInput):
    allow_multiple_selected = True


class _Files(forms.FileField):
    """One file or several, each within the limit of what is read."""

    widget = _FilesInput(attrs={"class": "sch-files", "accept": ".json,.gz,.txt,application/json", "multiple": True})

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:
        chosen = [super(_Files, self).clean(one, initial) for one in (data or [None])]
        if len(chosen) > MAX_FILES:
            raise ValidationError(_("These are more than %(most)s files.") % {"most": MAX_FILES})
        for one in chosen:
            if one.size > MAX_BYTES:
                raise ValidationError(_("%(name)s is larger than 5 MB.") % {"name": one.name})
        return chosen


class ImportForm(forms.Form):
    chosen = _Files(
        label=gettext_lazy("Files"),
        help_text=gettext_lazy(
            "JSON: the items of its DynamoDB table (aws dynamodb scan, or an export), or what scheduler-cli"
            " describe-schedules and describe-periods print. Several files are read together."
        ),
    )
    timezone = forms.ChoiceField(
        label=gettext_lazy("Time zone of schedules without one"),
        required=False,
        help_text=gettext_lazy("Only where the files name no default. The stack's own is its DefaultTimezone."),
    )
    update = forms.BooleanField(
        label=gettext_lazy("Overwrite schedules that exist and differ"),
        required=False,
        help_text=gettext_lazy("The plans of their environments follow at once."),
    )

    def __init__(self, *args: Any, may_update: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone: forms.ChoiceField = self.fields["timezone"]  # type: ignore[assignment]
        zone.widget = zone_select(empty=_("UTC, as Instance Scheduler does"))
        zone.choices = zone.widget.choices
        if not may_update:
            del self.fields["update"]


def import_page(request: HttpRequest, options: ModelAdmin[Schedule], *, may_update: bool) -> HttpResponse:
    """The form; for files, what would be done; for what was confirmed, what was done."""
    context: dict[str, Any] = {"form": ImportForm(may_update=may_update)}
    if request.method == "POST" and "carried" in request.POST:
        context |= _take_over(request, options, may_update=may_update)
    elif request.method == "POST":
        form = ImportForm(request.POST, request.FILES, may_update=may_update)
        context |= {"form": form} | (_look(request, form) if form.is_valid() else {})
    if report := context.get("report"):
        context |= _shown(report)
    crumbs = [(_("Schedules"), reverse("admin:environments_schedule_changelist")), (_("Import"), "")]
    context |= {"title": _("Import schedules"), "crumbs": crumbs, "opts": options.opts}
    return TemplateResponse(
        request, "admin/environments/schedule/import.html", options.admin_site.each_context(request) | context
    )


def _look(request: HttpRequest, form: ImportForm) -> dict[str, Any]:
    files = [File(one.name or "?", one.read()) for one in form.cleaned_data["chosen"]]
    update, zone = bool(form.cleaned_data.get("update")), form.cleaned_data["timezone"]
    try:
        report = import_schedules(files=files, update=update, dry_run=True, default_zone=zone, now=timezone.now())
    except UnreadableFileError as refused:
        return {"refusal": in_language(refused.text)}
    carried = signing.dumps(
        {"files": [(file.name, file.content.decode("latin-1")) for file in files], "update": update, "zone": zone},
        salt=_salt(request),
        compress=True,
    )
    too_large = len(carried) > MAX_CARRIED
    return {"report": report, "carried": "" if too_large else carried, "too_large": too_large}


def _take_over(request: HttpRequest, options: ModelAdmin[Schedule], *, may_update: bool) -> dict[str, Any]:
    try:
        said = signing.loads(request.POST["carried"], salt=_salt(request), max_age=HOUR)
    except (signing.BadSignature, zlib.error, ValueError):
        return {"refusal": _("That was looked at more than an hour ago, or by somebody else. Choose the files again.")}
    files = [File(name, content.encode("latin-1")) for name, content in said["files"]]
    try:
        with transaction.atomic():
            report = import_schedules(
                files=files, update=said["update"] and may_update, default_zone=said["zone"], now=timezone.now()
            )
            _remember(request, report)
    except UnreadableFileError as refused:
        return {"refusal": in_language(refused.text)}
    return {"report": report, "done": True}


def _shown(report: Report) -> dict[str, Any]:
    """The report in the reader's language."""
    rows = [
        {
            "name": row.name,
            "words": OUTCOME_WORDS[row.outcome] if report.dry_run else in_language(row.words),
            "tone": TONES[row.outcome],
            "summary": in_language(row.summary),
            "environments": row.environments,
            "parts": [
                (title, _in_words(texts))
                for title, texts in (
                    (_("Why not"), row.refusals),
                    (_("What differs"), row.differences),
                    (_("Not taken over"), row.left_out),
                    (_("Good to know"), row.remarks),
                )
                if texts
            ],
        }
        for row in report.rows[:LISTED]
    ]
    counts = [
        (
            _("%(count)s %(word)s") % {"count": formats.number_format(count), "word": OUTCOME_WORDS[outcome]},
            TONES[outcome],
        )
        for outcome in ORDER
        if (count := len(report.names(outcome)))
    ]
    return {
        "rows": rows,
        "more_rows": max(0, len(report.rows) - LISTED),
        "counts": counts,
        "left_out": _in_words(report.left_out),
        "more_left_out": max(0, len(report.left_out) - LISTED),
    }


def _in_words(texts: Sequence[Text]) -> list[str]:
    return [in_language(text) for text in texts[:LISTED]]


def _remember(request: HttpRequest, report: Report) -> None:
    """In each schedule's history, as if it had been filled in by hand."""
    for outcome, flag in ((Outcome.ADDED, ADDITION), (Outcome.UPDATED, CHANGE)):
        rows = Schedule.objects.filter(name__in=report.names(outcome))
        if request.user.pk is not None and rows:
            LogEntry.objects.log_actions(
                request.user.pk, rows, flag, change_message="AWS Instance Scheduler", single_object=False
            )


def _salt(request: HttpRequest) -> str:
    return f"environments.schedule_import.{request.user.pk}"
