"""Tokens of the API: everybody makes and revokes their own; administrators see all, and make those of programs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar, Final, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from portal.api import tokens
from portal.models import ApiToken, Scope
from portal.moments import stamp
from portal.unfolded import Checkboxes, DialogForm, ModelAdmin, Select, TextInput, action, display

LASTS: Final[tuple[tuple[str, StrOrPromise], ...]] = (
    ("30", _("30 days")),
    ("90", _("90 days")),
    ("365", _("a year")),
    ("", _("until it is revoked")),
)
USUALLY: Final = "90"


class NewTokenForm(forms.ModelForm[ApiToken]):
    """A token to be made. `account` is for those alone who look after tokens."""

    scopes = forms.MultipleChoiceField(
        label=capfirst(_("may be used to")),
        choices=Scope.choices,
        widget=Checkboxes,
        initial=[Scope.READ.value],
        help_text=_("No more than it needs. The rights of its account are the limit in any case."),
    )
    lasts = forms.ChoiceField(
        label=capfirst(_("lasts")),
        choices=LASTS,
        required=False,
        initial=USUALLY,
        widget=Select,
        help_text=_("Then it ends by itself; make a new one before."),
    )
    account = forms.ModelChoiceField(
        label=capfirst(_("account")),
        queryset=User.objects.none(),
        widget=Select,
        help_text=_("Yours, or that of a program: an account without a password. It has the rights of this account."),
    )
    author: ClassVar[User]

    class Meta:
        model = ApiToken
        fields = ("name",)
        widgets: ClassVar = {"name": TextInput}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not tokens.looks_after(self.author):
            del self.fields["account"]
            return
        field = cast("forms.ModelChoiceField[User]", self.fields["account"])
        field.queryset = User.objects.filter(pk__in=[self.author.pk, *(one.pk for one in tokens.programs())])
        field.initial = self.author.pk

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"]).strip()
        if not name:
            raise ValidationError(_("Give it a name: what uses it."))
        return name

    def clean_account(self) -> User:
        account: User = self.cleaned_data["account"]
        tokens.require_account(self.author, account)
        return account


@admin.register(ApiToken)
class TokenAdmin(ModelAdmin[ApiToken]):
    """Who may not see a token does not find it; nobody edits one, and none is deleted: revoked, it stays known."""

    list_display = ("name", "begins", "owner", "scope_names", "ends", "used", "condition")
    list_per_page = 50
    list_before_template = "portal/_api_docs_link.html"
    search_fields = ("name", "user__username")
    search_help_text = _("Searches names of tokens and accounts.")
    ordering = ("-created_at", "-pk")
    list_select_related = ("user", "created_by")
    actions = None
    actions_detail = ("revoke",)
    empty_text = _("No tokens yet. With one, a program uses the API in your name.")
    shown: ClassVar = ("name", "begins", "owner", "uses", "made", "ends", "used", "condition")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        rows: QuerySet[ApiToken] = super().get_queryset(request)
        return rows.filter(pk__in=tokens.in_sight(_asker(request)).order_by().values("pk"))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active

    def has_view_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return request.user.is_active and (obj is None or self._in_sight(request, obj.pk))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return False

    def has_revoke_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Of those in sight."""
        return object_id is None or self._in_sight(request, object_id)

    def _in_sight(self, request: HttpRequest, pk: Any) -> bool:
        return tokens.in_sight(_asker(request)).filter(pk=pk).exists()

    def get_form(self, request: HttpRequest, obj: ApiToken | None = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = type("TokenForm", (NewTokenForm,), {"author": _asker(request)})
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> Any:
        if obj is not None:
            return self.shown
        own = ("account",) if tokens.looks_after(_asker(request)) else ()
        return ("name", *own, "scopes", "lasts")

    def get_readonly_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> Any:
        return self.shown if obj is not None else ()

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """One button: what is made is shown at once, and only then."""
        context |= {"show_save_and_continue": False, "show_save_and_add_another": False}
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        """Made by the service; what is shown once goes to the answer alone."""
        asked, now, author = form.cleaned_data, timezone.now(), _asker(request)
        made, raw = tokens.make(
            account=asked.get("account") or author,
            name=asked["name"],
            scopes=asked["scopes"],
            expires_at=now + timedelta(days=int(asked["lasts"])) if asked["lasts"] else None,
            author=author,
            now=now,
        )
        obj.__dict__.update(made.__dict__)
        request._made_token = raw  # type: ignore[attr-defined]  # noqa: SLF001

    def response_add(self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None) -> HttpResponse:
        """The token, once: as the answer itself, so that it is kept in no session."""
        context = self.admin_site.each_context(request) | {
            "title": gettext("Your new token"),
            "crumbs": [(gettext("API tokens"), reverse("admin:portal_apitoken_changelist"))],
            "token": obj,
            "raw": request._made_token,  # type: ignore[attr-defined]  # noqa: SLF001
        }
        return TemplateResponse(
            request, "portal/api_token_made.html", context, headers={"Cache-Control": "no-store, private"}
        )

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """No button where there is nothing to revoke."""
        is_open = ApiToken.objects.filter(pk=object_id, revoked_at__isnull=True).exists()
        return super().get_actions_detail(request, object_id) if is_open else []

    @action(
        description=_("Revoke"),
        icon="front_hand",
        permissions=["revoke"],
        dialog={
            "title": _("Revoke this token?"),
            "description": _("Whatever uses it is refused from now on. It cannot be taken back."),
            "form_submit_text": _("Revoke"),
        },
    )
    def revoke(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        """It ends at once."""
        token = self.get_object(request, object_id)
        if token is not None and tokens.revoke(token=token, author=_asker(request), now=timezone.now()):
            messages.success(request, _("Revoked: whatever uses it is refused from now on."))
        else:
            messages.info(request, _("It was revoked already."))
        address = reverse("admin:portal_apitoken_changelist")
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": address})
        return HttpResponseRedirect(address)

    @display(description=_("begins with"))
    def begins(self, token: ApiToken) -> SafeString:
        return format_html("<code>{}…</code>", token.start)

    @display(description=_("account"), ordering="user__username")
    def owner(self, token: ApiToken) -> str:
        return token.user.get_full_name() or token.user.get_username()

    @display(description=_("scopes"))
    def scope_names(self, token: ApiToken) -> str:
        """As endpoints name them, for a list."""
        return ", ".join(token.scopes)

    @display(description=_("may be used to"))
    def uses(self, token: ApiToken) -> str:
        return ", ".join(str(Scope(one).label) for one in token.scopes if one in Scope.values) or "–"

    @display(description=_("made"), ordering="created_at")
    def made(self, token: ApiToken) -> str:
        by = token.created_by
        who = (by.get_full_name() or by.get_username()) if by else "–"
        return f"{stamp(token.created_at)}, {who}"

    @display(description=_("expires"), ordering="expires_at")
    def ends(self, token: ApiToken) -> StrOrPromise:
        return stamp(token.expires_at) if token.expires_at else _("never")

    @display(description=_("last used"), ordering="last_used_at")
    def used(self, token: ApiToken) -> StrOrPromise:
        if token.last_used_at is None:
            return _("not yet")
        where = f" ({token.last_address})" if token.last_address else ""
        return f"{stamp(token.last_used_at)}{where}"

    @display(description=_("state"))
    def condition(self, token: ApiToken) -> SafeString:
        if token.revoked_at:
            tone, word = "unknown", _("Revoked")
        elif token.expires_at and token.expires_at <= timezone.now():
            tone, word = "unknown", _("Expired")
        elif not token.user.is_active:
            tone, word = "unknown", _("Account switched off")
        else:
            tone, word = "running", _("Valid")
        dot = '<span class="db-state-small db-tone-{}"><span class="db-dot" aria-hidden="true"></span>{}</span>'
        return format_html(dot, tone, word)


def _asker(request: HttpRequest) -> User:
    """Who asks; the admin site has made sure that they signed in."""
    return cast("User", request.user)
