"""Programs that call the API in tests, each with a token."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from portal.api import tokens
from portal.models import ApiToken, Scope


class Caller:
    """A program with a token of an account; of every scope, unless told otherwise."""

    def __init__(self, account: User, *scopes: Scope, expires_at: datetime | None = None, **fixed: str) -> None:
        self.token, self.raw = tokens.make(
            account=account,
            name="tests",
            scopes=scopes or list(Scope),
            expires_at=expires_at,
            author=account,
            now=timezone.now(),
        )
        self.client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {self.raw}", **fixed})

    def get(self, path: str, query: dict[str, Any] | None = None, **headers: str) -> Any:
        return self.client.get(f"/api/v1{path}", query or {}, headers=_named(headers))

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        sent = json.dumps({} if body is None else body)
        return self.client.post(f"/api/v1{path}", sent, content_type="application/json", headers=_named(headers))

    def row(self) -> ApiToken:
        return ApiToken.objects.get(pk=self.token.pk)


def _named(headers: dict[str, str]) -> dict[str, str]:
    """`Idempotency_Key="a"` as the header Idempotency-Key."""
    return {name.replace("_", "-"): value for name, value in headers.items()}
