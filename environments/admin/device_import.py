"""The page on which many devices are added from a table: a preview first, then a POST that adds all of them.

Between the two the table travels with the form, compressed and signed for who chose it, for an hour.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.models import ADDITION, LogEntry
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from environments.models import Device, Environment
from environments.services import device_import
from environments.services.device_import import COLUMNS, MAX_BYTES, Table
from environments.services.device_opening import master_key
from portal.unfolded import Select

if TYPE_CHECKING:
    from portal.unfolded import ModelAdmin

HOUR = 60 * 60
LISTED = 100
"""Rows and errors that the page lists; their numbers are complete."""


class ImportForm(forms.Form):
    environment = forms.ModelChoiceField(
        label=gettext_lazy("Environment"),
        queryset=Environment.objects.none(),
        empty_label=gettext_lazy("Choose"),
        widget=Select,
        help_text=gettext_lazy("Whose devices these are."),
    )
    file = forms.FileField(
        label=gettext_lazy("Table"),
        widget=forms.FileInput(attrs={"class": "sch-files", "accept": ".csv,.txt,text/csv"}),
        help_text=gettext_lazy("CSV with a line of names: name and number must be there, the others may be."),
    )

    def __init__(self, *args: Any, visible: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["environment"].queryset = visible  # type: ignore[attr-defined]

    def clean_file(self) -> UploadedFile[Any]:
        chosen: UploadedFile[Any] = self.cleaned_data["file"]
        if (chosen.size or 0) > MAX_BYTES:
            raise ValidationError(_("%(name)s is larger than 1 MB.") % {"name": chosen.name})
        return chosen


def import_page(request: HttpRequest, options: ModelAdmin[Device]) -> HttpResponse:
    """The form; for a table, what would be added or what is wrong with it; for what was confirmed, what was added."""
    visible = Environment.objects.visible_to(request.user).order_by("name")
    context: dict[str, Any] = {"form": ImportForm(visible=visible)}
    if request.method == "POST" and "carried" in request.POST:
        context |= _take_over(request, visible)
    elif request.method == "POST":
        form = ImportForm(request.POST, request.FILES, visible=visible)
        context |= {"form": form} | (_look(request, form) if form.is_valid() else {})
    crumbs = [(_("Devices"), reverse("admin:environments_device_changelist")), (_("Import"), "")]
    context |= {"title": _("Import devices"), "crumbs": crumbs, "opts": options.opts, "columns": COLUMNS}
    context["has_master_key"] = master_key() is not None
    page = options.admin_site.each_context(request) | context
    return TemplateResponse(request, "admin/environments/device/import.html", page)


def _look(request: HttpRequest, form: ImportForm) -> dict[str, Any]:
    environment, content = form.cleaned_data["environment"], form.cleaned_data["file"].read()
    table = device_import.read(content, environment=environment)
    said = {"environment": environment.pk, "content": content.decode("latin-1")}
    carried = signing.dumps(said, salt=_salt(request), compress=True) if table.fits else ""
    return _shown(table) | {"carried": carried, "environment": environment}


def _take_over(request: HttpRequest, visible: Any) -> dict[str, Any]:
    try:
        said = signing.loads(request.POST["carried"], salt=_salt(request), max_age=HOUR)
    except (signing.BadSignature, zlib.error, ValueError):
        return {"refusal": _("That was looked at more than an hour ago, or by somebody else. Choose the file again.")}
    environment = visible.filter(pk=said["environment"]).first()
    if environment is None:
        return {"refusal": _("This environment does not exist any more.")}
    table = device_import.read(said["content"].encode("latin-1"), environment=environment)
    if not table.fits:
        return _shown(table) | {"environment": environment}
    try:
        with transaction.atomic():
            device_import.take_over(table, now=timezone.now())
            made = Device.objects.filter(pk__in=[device.pk for _line, device in table.rows])
            LogEntry.objects.log_actions(request.user.pk, made, ADDITION, change_message="CSV")  # type: ignore[arg-type]
    except IntegrityError:
        return {"refusal": _("Somebody else added one of these just now. Nothing was added; choose the file again.")}
    return _shown(table) | {"environment": environment, "done": True}


def _shown(table: Table) -> dict[str, Any]:
    return {
        "table": table,
        "rows": table.rows[:LISTED],
        "more_rows": max(0, len(table.rows) - LISTED),
        "wrong": table.wrong[:LISTED],
        "more_wrong": max(0, len(table.wrong) - LISTED),
    }


def _salt(request: HttpRequest) -> str:
    return f"environments.device_import.{request.user.pk}"
