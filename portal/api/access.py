"""Who may call the API: a token in the Authorization header, with the scope that the endpoint names.

    @router.get("/x", auth=needs(Scope.READ))

Nothing else lets in: no cookie is read, so that no other site can have a browser call for its reader. On success
`request.auth` is the token and `request.user` its account, whose rights decide as on the pages.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from ninja.security import HttpBearer

from portal import preferences
from portal.models import ApiToken, Scope
from portal.origin import client_address

from . import conditions, limits, replays, tokens
from .call import call_of
from .problems import Problem, no_token


class Token(HttpBearer):
    """`needs()`; the name is that of the scheme in the API's description."""

    openapi_description = "A token of the portal: `Authorization: Bearer dbk_…`"

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> ApiToken:
        """The token. Problem 401 without a valid one, 403 without the scope, 429 over the limit, 412 for a change with
        conditions; what `replays.claim` raises for a POST with an idempotency key."""
        kind, _space, raw = request.headers.get(self.header, "").partition(" ")
        if kind.lower() != self.openapi_scheme or not raw.strip():
            raise no_token()
        return self.authenticate(request, raw.strip())

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken:
        found = enter(request, token)
        if self.scope not in found.scopes:
            said = _("This token may not be used to %(what)s: it lacks the scope “%(scope)s”.")
            raise Problem(403, detail=said % {"what": self.scope.label, "scope": self.scope.value})
        conditions.refuse_where_changing(request)
        if request.method == "POST" and replays.HEADER in request.headers:
            call_of(request).kept = replays.claim(request, found, now=timezone.now())
        return found


def needs(scope: Scope) -> Token:
    """What an endpoint says of itself: which scope its callers need."""
    return Token(scope)


def enter(request: HttpRequest, raw: str) -> ApiToken:
    """Let a token in: count the request, and make its account the request's user, in whose language is answered.

    Problem 401 for one that is wrong, expired, revoked or of an account that is switched off; 429 over the limit.
    Two queries, three as the token's minute begins. What is wrong writes nothing.
    """
    now, address = timezone.now(), client_address(request)
    found = tokens.valid(raw, now=now)
    if found is None:
        limits.refuse_guessing(address, now=now)
        problem = no_token()
        problem.detail = _("This token is wrong, has expired or was revoked.")
        problem.headers["WWW-Authenticate"] += ', error="invalid_token"'
        raise problem
    request.user = found.user
    language = preferences.of(found.user).language
    if language in dict(settings.LANGUAGES):
        translation.activate(language)
    counted = limits.count(found, address=address, now=now)
    call_of(request).headers |= limits.headers(found, now=now)
    if not counted:
        limits.refuse(found, now=now)
    return found
