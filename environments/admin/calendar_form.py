"""The form of a calendar: its country by name, the address of its ICS file, its own days."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from environments.models import Calendar, CalendarDay
from environments.services import calendars
from environments.services.calendar_countries import countries
from portal.unfolded import SearchSelect, TextInput

from .displays import language

if TYPE_CHECKING:
    DayFormSetBase = forms.models.BaseInlineFormSet[CalendarDay, Calendar, forms.ModelForm[CalendarDay]]
else:
    DayFormSetBase = forms.models.BaseInlineFormSet


class Address(forms.URLField):
    """A web address, also as calendar programs write it: webcal:// is their name for https://."""

    widget = TextInput

    def to_python(self, value: Any) -> Any:
        text = str(value or "").strip()
        scheme, colon, rest = text.partition("://")
        return super().to_python(f"https://{rest}" if colon and scheme.lower() in {"webcal", "webcals"} else text)


class CalendarForm(forms.ModelForm[Calendar]):
    ics_url = Address(
        label=gettext_lazy("Address of an ICS calendar"),
        required=False,
        max_length=500,
        assume_scheme="https",
        help_text=gettext_lazy(
            "For example https://calendar.example.com/company.ics. Its whole-day events become days off; read after"
            " saving and again each night. Only operators are shown it, for it may be a secret."
        ),
    )

    class Meta:
        model = Calendar
        fields = ("name", "country", "subdivision", "ics_url", "schedules", "teams", "environments")
        help_texts = {"country": gettext_lazy("Its public holidays are days off.")}

    def clean_ics_url(self) -> str:
        address = str(self.cleaned_data["ics_url"] or "")
        host = address.partition("://")[2].partition("/")[0]
        if address and not address.startswith(("https://", "http://")):
            raise forms.ValidationError(_("The address must begin with https://, http:// or webcal://."))
        if "@" in host:
            raise forms.ValidationError(
                _("Leave name and password out of the address: everybody with it could read it.")
            )
        return address


class DayForm(forms.ModelForm[CalendarDay]):
    """An own day: off, or working and judged as another weekday."""

    class Meta:
        model = CalendarDay
        fields = ("day", "kind", "as_weekday", "name")
        help_texts = {
            "day": gettext_lazy("The date, for example 2026-12-31."),
            "kind": gettext_lazy("A day off, or a working day although it is a holiday or a weekend."),
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        works, weekday = cleaned.get("kind") == CalendarDay.Kind.WORKING, cleaned.get("as_weekday")
        if works and weekday is None and "as_weekday" not in self.errors:
            self.add_error("as_weekday", _("Say as which weekday this working day is judged."))
        if not works and weekday is not None:
            self.add_error("as_weekday", _("A day off counts as no weekday: leave this empty, or choose working day."))
        return cleaned


class DayFormSet(DayFormSetBase):
    """The own days of a calendar, each date once."""

    def clean(self) -> None:
        super().clean()
        seen: set[Any] = set()
        for form in self.forms:
            day = form.cleaned_data.get("day") if hasattr(form, "cleaned_data") else None
            if day is None or (self.can_delete and self._should_delete_form(form)):  # type: ignore[attr-defined]
                continue
            if day in seen:
                form.add_error("day", _("%(day)s is in the list already.") % {"day": day})
            seen.add(day)

    def save(self, commit: bool = True) -> Any:
        """Rows that change places: written one after the other, two would meet on one date, so all step aside first."""
        moved = [form for form in self.initial_forms if "day" in form.changed_data or form in self.deleted_forms]
        if commit:
            for form in moved:
                nobodys = date.fromordinal(1 + form.instance.pk % 500_000)
                CalendarDay.objects.filter(pk=form.instance.pk).update(day=nobodys)
        return super().save(commit=commit)


def country_select() -> forms.Select:
    """Countries by name in the reader's language, to be found by name or code."""
    offered = ((code, f"{name} ({code})" if name != code else code) for code, name in countries(language()).items())
    return SearchSelect(choices=[("", _("none: own days only")), *offered])


def subdivision_input(country: str, address: str) -> forms.TextInput:
    """Typed, with those of the chosen country offered; calendars.js offers others when the country changes."""
    known = calendars.subdivisions(country)
    hint = _("none known") if country and not known else ""
    attrs = {"list": "subdivisions", "autocomplete": "off", "data-subdivisions": address, "placeholder": hint}
    return TextInput(attrs=attrs | {"data-none": _("none known")})
