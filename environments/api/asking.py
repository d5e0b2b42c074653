"""Who asks, and what is there for them: what somebody may not see does not exist."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Final

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from pydantic import Field

from environments import rules
from environments.models import Environment, Schedule, Team
from environments.services import permissions
from environments.services.permissions import Scope
from environments.services.specs import spec_of
from portal.api.sentences import for_pattern

from .schemas import Out

# The ends of the calendar are no moments in every zone.
FURTHEST_YEARS: Final = 10

Number = Annotated[int, Field(ge=1, le=2**63 - 1)]
"""The number of a row."""
Words = Annotated[str, Field(pattern=for_pattern(r"^[^\x00]*$", gettext_lazy("This may have no NUL characters.")))]
"""A text that a database can keep."""
SLUG: Final = for_pattern(
    r"^[-a-zA-Z0-9_]+$", gettext_lazy("A short name is of letters, digits, “-” and “_”: chat-dev.")
)
Slug = Annotated[str, Field(pattern=SLUG, max_length=80)]
"""The short name of an environment."""


class PersonOut(Out):
    """Somebody with an account."""

    username: str = Field(examples=["kim"])
    name: str = Field(description="As pages show it.", examples=["Minseo Kim"])


def person_out(user: User | None) -> PersonOut | None:
    return PersonOut(username=user.get_username(), name=name_of(user)) if user else None


def name_of(user: User | None) -> str:
    """Empty for nobody."""
    return (user.get_full_name() or user.get_username()) if user else ""


def person(request: HttpRequest) -> User:
    """The account of the token; `needs` has seen to it that there is one."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def reader(request: HttpRequest, *wanted: str) -> User:
    """The account, which has these permissions (“environments.view_hold”). PermissionDenied, in words, without."""
    user = person(request)
    if not user.has_perms(wanted):
        raise PermissionDenied(_("You may not see this. An administrator can give you a role that may."))
    return user


def environment_of(user: User, slug: str) -> Environment:
    """Raises Http404 for those of other teams."""
    found = Environment.objects.visible_to(user).select_related("team", "schedule").filter(slug=slug).first()
    if found is None:
        raise Http404
    return found


def scope_of(user: User, *, environment: str | None, team: str | None, schedule: int | None) -> Scope:
    """The one that is named. ValidationError naming `scope` for none or several, Http404 for what they cannot see."""
    if sum(one is not None for one in (environment, team, schedule)) != 1:
        raise ValidationError({"scope": _("Name one environment, one team or one schedule.")})
    if environment is not None:
        return environment_of(user, environment)
    rows: QuerySet[Any] = Schedule.objects.all() if team is None else Team.objects.all()
    found: Scope | None = rows.filter(**({"pk": schedule} if team is None else {"name": team})).first()
    if found is None or not permissions.may_see_scope(user, found):
        raise Http404
    return found


def of_visible(rows: QuerySet[Any], user: User, path: str = "environment") -> QuerySet[Any]:
    """Those whose environment the user sees."""
    visible = Environment.objects.visible_to(user)
    return rows.filter(Q(**{f"{path}__in": visible.order_by().values("pk")})) if visible.query.where else rows


def plan_words(environment: Environment, now: datetime) -> str:
    """What its plan says now, in the reader's language: “Running until 20:00: hold by Kim (client demo)”."""
    fresh = Environment.objects.with_plan(now).get(pk=environment.pk)
    language = get_language() or "en"
    try:
        return rules.explain(spec_of(fresh, now), now).text(language, fresh.zone_name)
    except rules.RuleError as error:  # a schedule that cannot be read
        return error.text(language)


def refuse_another_age(field: str, at: datetime, now: datetime) -> None:
    """ValidationError naming the field, for years that nobody means."""
    if at.year < now.year - 1:
        raise ValidationError({field: _("This time has passed. Choose one in the future.")})
    if at.year > now.year + FURTHEST_YEARS:
        raise ValidationError({field: _("This is more than %(count)s years away.") % {"count": FURTHEST_YEARS}})


def refuse_unknown_past(field: str, at: datetime, now: datetime) -> None:
    """ValidationError naming the field, for moments of which nobody knows any more what was planned; and for years that
    nobody means."""
    if at.year < now.year - 1:
        known = date(now.year - 1, 1, 1)
        said = _("The plan of so long ago is not known any more. Ask for a moment from %(day)s on.")
        raise ValidationError({field: said % {"day": known}})
    refuse_another_age(field, at, now)


def renamed(error: ValidationError, names: Mapping[str, str]) -> ValidationError:
    """What a service says of a field, said of the field as the request has it."""
    if not hasattr(error, "error_dict"):
        return error
    return ValidationError({names.get(name, name): said for name, said in error.message_dict.items()})
