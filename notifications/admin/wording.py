"""Own words for messages, with how the latest message would read in them before they are saved."""

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from notifications import kinds, wordings
from notifications.models import Wording
from portal.moments import stamp
from portal.previewing import PreviewingAdmin
from portal.unfolded import SearchSelect, Select, display

UNWORDED = {"kind", "language"}
"""Whose words exist already is said when saving: the preview can be looked at all the same."""


class WordingForm(forms.ModelForm[Wording]):
    """Words whose places are checked. A kind that nobody publishes any more stays on offer where it was chosen."""

    kind = forms.ChoiceField(
        label=_("Event"), widget=SearchSelect, help_text=_("Whose messages it words. For example “Ready”.")
    )

    class Meta:
        model = Wording
        fields = ("kind", "language", "title", "body")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "kind" in self.fields:
            offered, own = dict(kinds.catalogue()), self.instance.kind
            offered |= {own: own} if own and own not in offered else {}
            cast("forms.ChoiceField", self.fields["kind"]).choices = list(offered.items())

    def clean_title(self) -> str:
        """Raises ValidationError naming what is no place."""
        return _checked(self.cleaned_data["title"])

    def clean_body(self) -> str:
        """As the title."""
        return _checked(self.cleaned_data["body"])

    def clean(self) -> dict[str, Any]:
        """Refuses words that say nothing."""
        cleaned = super().clean() or {}
        if not self.errors and not cleaned["title"] and not cleaned["body"]:
            raise ValidationError(_("Write a title or a text. Without both, delete it: the portal's own words return."))
        return cleaned


def _checked(text: str) -> str:
    wordings.check(text)
    return text


@admin.register(Wording)
class WordingAdmin(PreviewingAdmin[Wording]):
    """A kind of event in a language, in own words."""

    form = WordingForm
    list_display = ("said_of", "language", "title", "text")
    list_display_links = ("said_of",)
    list_filter = ("language",)
    search_fields = ("title", "body", "kind")
    fields = ("kind", "language", "title", "body")
    change_form_after_template = "notifications/wording_what_if.html"
    empty_text = _("The portal says everything in its own words. Here you give a kind of message yours.")

    def get_form(self, request: HttpRequest, obj: Wording | None = None, change: bool = False, **kwargs: Any) -> Any:
        """Who may only look reads values, not fields."""
        may = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        kwargs.setdefault("form", self.form if may else forms.ModelForm)
        return super().get_form(request, obj, change, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The languages as Unfold draws choices."""
        if db_field.name == "language":
            kwargs["widget"] = Select
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def previewed(self, request: HttpRequest, saved: Wording | None) -> HttpResponse:
        """The latest message of the kind in the words that are typed."""
        form = WordingForm(request.POST, instance=saved or Wording())
        return TemplateResponse(request, "notifications/wording_preview.html", _previewed(form))

    @display(description=_("event"), ordering="kind")
    def said_of(self, wording: Wording) -> str:
        """The kind in words."""
        return kinds.label(wording.kind)

    @display(description=_("text"))
    def text(self, wording: Wording) -> str:
        """Its beginning."""
        return Truncator(wording.body).chars(80) or "–"

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Wording | None = None,
    ) -> HttpResponse:
        """Named by its kind in words; with the places that words can have."""
        context |= {"crumb": f"{kinds.label(obj.kind)} ({obj.get_language_display()})"} if obj else {}
        places = [(f"{{{name}}}", meaning) for name, meaning in wordings.PLACES.items()]
        context["places"] = [*places, ("{field:Took}", _("a detail of the message by its name, such as Took"))]
        return super().render_change_form(request, context, add, change, form_url, obj)


def _previewed(form: WordingForm) -> dict[str, Any]:
    form.is_valid()
    wrong = {name: said for name, said in form.errors.items() if name not in {*UNWORDED, "__all__"}}
    if wrong:
        return {"errors": [(name, text) for name, said in wrong.items() for text in said]}
    typed: Mapping[str, str] = form.data
    found = wordings.preview(
        kind=typed.get("kind", ""),
        language=typed.get("language", ""),
        title=typed.get("title", ""),
        body=typed.get("body", ""),
    )
    return {
        "found": found,
        "kind": kinds.label(typed.get("kind", "")),
        "when": stamp(found.event.at) if found.event else "",
    }
