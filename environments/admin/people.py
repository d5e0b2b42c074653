"""People. All of the portal lives in the admin site, so everybody who has an account may enter it."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from environments.models import Team
from environments.roles import MEANINGS
from environments.services import ticket_leavers
from notifications import contacts
from portal.unfolded import (
    AdminPasswordChangeForm,
    Checkboxes,
    ModelAdmin,
    UserChangeForm,
    UserCreationForm,
    display,
)

from .displays import link
from .own_clock import at_places
from .ranks import asker, groups_within, people_within


class RolesField(forms.ModelMultipleChoiceField[Group]):
    """Roles to tick, each with what it means."""

    widget = Checkboxes

    def label_from_instance(self, obj: Group) -> str:
        meaning = MEANINGS.get(obj.name)
        return f"{gettext(obj.name)}: {meaning}" if meaning else obj.name


class TeamsField(forms.ModelMultipleChoiceField[Team]):
    widget = Checkboxes


class Belonging(forms.ModelForm[User]):
    """Roles and teams of a person, in the same form. `groups` is missing where somebody may not decide on them."""

    MEANT: ClassVar = {
        "username": _("What they sign in with, for example mina.jung. Letters, digits and @ . + - _ only."),
        "first_name": _("For example “Mina”. Pages and messages name people by their first and last name."),
        "last_name": _("For example “Jung”."),
        "email": _("Shown to colleagues who have to ask somebody, for example mina@example.com."),
        "is_active": _("Switched off, they cannot sign in. Better than deleting them: what they did keeps its name."),
        "is_superuser": _("May do everything, whatever the roles say."),
    }

    groups = RolesField(
        label=_("Roles"),
        queryset=Group.objects.none(),
        required=False,
        help_text=_("One is enough: each role may do what the one before it may."),
    )
    teams = TeamsField(
        label=_("Teams"),
        queryset=Team.objects.all(),
        required=False,
        help_text=_("They see the environments of these teams. Operators and administrators see every team's."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.MEANT.keys() & self.fields.keys():
            self.fields[name].help_text = self.MEANT[name]
        if self.instance.pk:
            self.initial["teams"] = self.instance.teams.all()

    def clean_groups(self) -> QuerySet[Group]:
        chosen: QuerySet[Group] = self.cleaned_data["groups"]
        if not chosen and not self.instance.is_superuser:
            raise ValidationError(_("Choose at least one role: without one they see nothing."))
        return chosen


class NewPersonForm(Belonging, UserCreationForm):
    pass


class PersonForm(Belonging, UserChangeForm):
    pass


admin.site.unregister(User)


@admin.register(User)
class PersonAdmin(UserAdmin[User], ModelAdmin[User]):
    form = PersonForm
    add_form = NewPersonForm
    change_password_form = AdminPasswordChangeForm
    add_form_template = "admin/change_form.html"  # everything is in one form; Django's announces a second
    list_display = ["username", "full_name", "role_names", "team_names", "is_active", "signed_in"]
    list_filter = ["groups", "teams", "is_active"]
    list_per_page = 50
    search_fields = ["username", "first_name", "last_name", "email"]
    filter_horizontal = ()
    add_fieldsets = (
        (None, {"fields": ("username", "first_name", "last_name", "email", "password1", "password2")}),
        (_("What they may do"), {"fields": ("groups", "teams")}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is None:
            return self.add_fieldsets
        may_edit = self.has_change_permission(request, obj)
        own = obj == request.user
        powers = ["groups" if may_edit and not own else "role_names", "teams" if may_edit else "team_names"]
        powers += ["is_active", "is_superuser"] if asker(request).is_superuser else ["is_active"]
        return (
            (None, {"fields": ("username", "first_name", "last_name", "email")}),
            (_("What they may do"), {"fields": powers}),
            (_("Signing in"), {"fields": ["new_password", "signed_in"] if may_edit else ["signed_in"]}),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """What would lock people out when they change it for themselves is for somebody else to change."""
        fixed = ["role_names", "team_names", "new_password", "signed_in"]
        return [*fixed, "groups", "is_active", "is_superuser"] if obj == request.user else fixed

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if "groups" in form.base_fields:
            cast("RolesField", form.base_fields["groups"]).queryset = groups_within(asker(request))
        return form

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups", "teams")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Not for those who may do more than who asks: to set a new password for them is to become them."""
        return super().has_change_permission(request, obj) and self._is_within(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self._is_within(request, obj) and obj != request.user

    def _is_within(self, request: HttpRequest, obj: User | None) -> bool:
        return obj is None or people_within(asker(request)).filter(pk=obj.pk).exists()

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        ticket_leavers.leave(people=[obj], by=asker(request), now=timezone.now())
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        with transaction.atomic():
            ticket_leavers.leave(people=queryset, by=asker(request), now=timezone.now())
            super().delete_queryset(request, queryset)

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm[User], change: bool) -> None:
        obj.is_staff = True
        super().save_model(request, obj, form, change)
        # Whoever can sign in can be told of things, unless they were erased.
        contacts.enter(obj)
        if "email" in form.changed_data:
            contacts.follow_account(obj, str(form.initial.get("email", "")))

    def save_related(self, request: HttpRequest, form: forms.ModelForm[User], formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        form.instance.teams.set(form.cleaned_data["teams"])

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """With the arrow that leads back, which goes by the object in the context; Django names it another way."""
        answer = super().user_change_password(request, id, form_url)
        if isinstance(answer, TemplateResponse) and answer.context_data:
            answer.context_data.setdefault("object", answer.context_data.get("original"))
        return answer

    @display(description=_("name"), ordering="last_name")
    def full_name(self, person: User) -> str:
        return person.get_full_name() or "–"

    @display(description=_("roles"))
    def role_names(self, person: User) -> str:
        names = [gettext("Superuser")] if person.is_superuser else []
        return ", ".join([*names, *(gettext(group.name) for group in person.groups.all())]) or "–"

    @display(description=_("teams"))
    def team_names(self, person: User) -> str:
        teams: Any = person.teams.all()
        return ", ".join(team.name for team in teams) or "–"

    @display(description=_("last signed in"), ordering="last_login")
    def signed_in(self, person: User) -> str:
        return (
            at_places(person.last_login, settings.TIME_ZONE, timezone.now()) if person.last_login else gettext("never")
        )

    @display(description=_("password"))
    def new_password(self, person: User) -> SafeString:
        return link(reverse("admin:auth_user_password_change", args=[person.pk]), _("Set a new password"))
