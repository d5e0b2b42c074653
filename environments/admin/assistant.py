"""Adding an environment without typing identifiers: look at what AWS has, pick, read the proposal, save it.

The three pages are for operators. What is picked travels as keys only: each page reads it from AWS again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from environments.models import Account
from environments.models.texts import in_language
from environments.services import discovery, discovery_saving
from environments.services import discovery_texts as texts
from environments.services.discovery import Pick, RefusedError
from environments.targets.base import TargetError, Texts

from .assistant_forms import LookForm, ProposalForm
from .assistant_lists import lists, part_lines

View = Callable[[HttpRequest, User], HttpResponse]


def _of_operators(method: str) -> Callable[[View], Callable[..., HttpResponse]]:
    """Sign-in first, then the right to add environments, then the method: others learn nothing."""

    def wrapped(view: View) -> Callable[..., HttpResponse]:
        def checked(request: HttpRequest) -> HttpResponse:
            user = request.user
            discovery.require(user)
            if request.method != method or not isinstance(user, User):
                return HttpResponseNotAllowed([method])
            return view(request, user)

        return admin.site.admin_view(checked)

    return wrapped


@_of_operators("GET")
def find(request: HttpRequest, user: User) -> HttpResponse:
    """The choice of an account; with it, what it has. AWS is asked only when somebody presses the button."""
    if "look" not in request.GET:
        return _page(request, {"form": LookForm(initial=_only_account(request))})
    form = LookForm(request.GET)
    if not form.is_valid():
        return _page(request, {"form": form})
    asked = form.cleaned_data
    sight = discovery.look(account=asked["account"], regions=asked["regions"] or asked["account"].regions, user=user)
    return _page(request, {"form": form, "account": asked["account"], **lists(sight, asked["q"], asked["tag"])})


@_of_operators("POST")
def propose(request: HttpRequest, user: User) -> HttpResponse:
    """What an environment of the picks would be; nothing is written."""
    account = _account(request)
    if account is None:
        return _refused(request, None, RefusedError(texts.UNKNOWN_PICK))
    try:
        proposal = discovery_saving.propose(account=account, picks=_picks(request), user=user)
    except (RefusedError, TargetError) as refused:
        return _refused(request, account, refused)
    form = ProposalForm(user=user, account=account, parts=proposal.parts, proposal=proposal)
    return _proposal(request, account, form)


@_of_operators("POST")
def save(request: HttpRequest, user: User) -> HttpResponse:
    """Read the picks once more and write the environment; leads to its page."""
    account = _account(request)
    if account is None:
        return _refused(request, None, RefusedError(texts.UNKNOWN_PICK))
    try:
        proposal = discovery_saving.propose(account=account, picks=_picks(request), user=user)
        form = ProposalForm(request.POST, user=user, account=account, parts=proposal.parts)
        if not form.is_valid():
            return _proposal(request, account, form)
        made = discovery_saving.save(
            account=account, environment=form.instance, parts=form.entered(), user=user, now=timezone.now()
        )
    except (RefusedError, TargetError) as refused:
        return _refused(request, account, refused)
    except ValidationError as error:
        form.add_error(None, ValidationError(error.messages))
        return _proposal(request, account, form)
    said = _("%(name)s was added. What runs in it is left as it is until its schedule next changes.")
    messages.success(request, said % {"name": made.name})
    return redirect("environments:page", made.slug)


def _account(request: HttpRequest) -> Account | None:
    return Account.objects.filter(pk=_number(request.POST.get("account", ""))).first()


def _picks(request: HttpRequest) -> list[Pick]:
    return [Pick.of(key) for key in request.POST.getlist("pick")]


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _only_account(request: HttpRequest) -> dict[str, Any]:
    """The account that the link named, else the only one there is."""
    named = _number(request.GET.get("account", ""))
    accounts = list(Account.objects.filter(pk=named) if named else Account.objects.all()[:2])
    return {"account": accounts[0].pk} if len(accounts) == 1 else {}


def _refused(request: HttpRequest, account: Account | None, refused: RefusedError | TargetError) -> HttpResponse:
    """Why nothing was proposed or saved, and the way to look again."""
    said: Texts = refused.texts
    context = {
        "form": LookForm(initial={"account": account.pk} if account else _only_account(request)),
        "refusal": in_language(said),
        "raw": refused.raw if isinstance(refused, TargetError) else "",
    }
    return _page(request, context, status=503 if isinstance(refused, TargetError) else 400)


def _page(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    return _answer(request, "environments/assistant.html", [(_("Find in AWS"), "")], context, status)


def _proposal(request: HttpRequest, account: Account, form: ProposalForm) -> HttpResponse:
    crumbs: Sequence[tuple[str, str]] = [
        (_("Find in AWS"), f"{reverse('environments:find')}?account={account.pk}"),
        (_("Proposal"), ""),
    ]
    context = {"form": form, "account": account, "parts": part_lines(form)}
    return _answer(request, "environments/assistant_proposal.html", crumbs, context, 200)


def _answer(
    request: HttpRequest, template: str, crumbs: Sequence[tuple[str, str]], context: dict[str, Any], status: int
) -> HttpResponse:
    base = {
        "title": _("Find in AWS"),
        "crumbs": [(_("Environments"), reverse("admin:environments_environment_changelist")), *crumbs],
    }
    return TemplateResponse(request, template, admin.site.each_context(request) | base | context, status=status)
