"""The form of a web address check: what does not parse is said at its field; secrets are entered and never shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from environments.models import HttpCheck
from environments.rules.errors import RuleError
from environments.rules.http_address import check_address, is_same_server
from environments.rules.http_headers import masked, parse_headers
from environments.rules.http_verdicts import parse_path, parse_statuses
from notifications.models.fields import Config
from portal.unfolded import Textarea

from .displays import language

SECRETS = "secrets"
# What decides how an address is asked and its answer judged.
ASKING = (
    *("url", "method", "headers", SECRETS, "body", "expected_status", "contains", "json_path", "json_value"),
    "timeout_s",
)


class HttpCheckForm(forms.ModelForm[HttpCheck]):
    secrets = forms.CharField(
        label=_("Secret headers"),
        required=False,
        widget=Textarea(attrs={"rows": 2, "autocomplete": "off", "spellcheck": "false"}),
        help_text=_(
            "One a line, for example “Authorization: Bearer …”. Their values are kept encrypted and never shown again:"
            " a line that stays as it is keeps its value, a line that is removed goes."
        ),
    )

    class Meta:
        model = HttpCheck
        fields = (
            *("environment", "target", "name", "is_on", "always", *(name for name in ASKING if name != SECRETS)),
            *("every_s", "retries", "retry_every_s", "start_grace_min", "gates_start", "certificate_days"),
            "ticket_after",
        )
        widgets = {
            "headers": Textarea(attrs={"rows": 2, "spellcheck": "false"}),
            "body": Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if SECRETS in self.fields:
            self.fields[SECRETS].initial = masked(self.instance.secret_headers)

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"].strip()
        return self._parsed("url", lambda: check_address(url, settings.HEALTH_ALLOWED_NETWORKS), url)

    def clean_headers(self) -> str:
        text: str = self.cleaned_data["headers"]
        return self._parsed("headers", lambda: parse_headers(text), text)

    def clean_secrets(self) -> dict[str, str]:
        """The values, those that stay as they are from the row. An unreadable row has none: all are entered anew, and
        so are those that another server than before would be shown."""
        stored = self.instance.secret_headers
        try:
            return parse_headers(self.cleaned_data[SECRETS], field=SECRETS, stored=stored, moved=self._has_moved())
        except RuleError as error:
            raise forms.ValidationError(error.text(language())) from error

    def _has_moved(self) -> bool:
        """Whether others would be shown what is sent; also by the name of the host, where several share a server."""
        if "url" in self.errors or "headers" in self.errors:
            return False  # nothing is asked or saved
        # The row gets what was entered only when all of it is clean.
        row, url, headers = self.instance, self.cleaned_data.get("url", ""), self.cleaned_data.get("headers", "")
        return not is_same_server(row.url, url) or _host(row.headers) != _host(headers)

    def clean_expected_status(self) -> str:
        text: str = self.cleaned_data["expected_status"]
        return self._parsed("expected_status", lambda: parse_statuses(text), text)

    def clean_json_path(self) -> str:
        text: str = self.cleaned_data["json_path"]
        return self._parsed("json_path", lambda: parse_path(text), text)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        reads = [name for name in ("contains", "json_path", "json_value") if cleaned.get(name)]
        if cleaned.get("method") == HttpCheck.Method.HEAD and reads:
            self.add_error("method", _("HEAD brings no text to look into. Choose GET, or leave text and JSON empty."))
        if cleaned.get("json_value") and not cleaned.get("json_path"):
            self.add_error("json_path", _("Say where in the JSON this value stands, for example status."))
        common = {name.lower() for name in cleaned.get(SECRETS) or {}} & _names(cleaned.get("headers") or "")
        if common:
            said = _("“%(name)s” stands among the other headers already.")
            self.add_error(SECRETS, said % {"name": min(common)})
        if SECRETS in cleaned:
            self.instance.secret_headers = Config(cleaned[SECRETS])
        return cleaned

    def _parsed(self, field: str, parse: Callable[[], object], text: str) -> str:
        try:
            parse()
        except RuleError as error:
            raise forms.ValidationError(error.text(language())) from error
        return text


def _host(headers: str) -> list[str]:
    lines = (line.partition(":") for line in headers.splitlines())
    return [value.strip().lower() for name, _colon, value in lines if name.strip().lower() == "host"]


def _names(headers: str) -> set[str]:
    return {line.partition(":")[0].strip().lower() for line in headers.splitlines() if line.strip()}
