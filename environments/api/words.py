"""The words of states, in the reader's language, and addresses that answers name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language

from environments.models import CheckState, OperationStatus, State

# Stands for the name in addresses that are looked up once: each of thousands would cost more than all else of a list.
_PLACE = "0-0-0"


def language() -> str:
    """`en` or `ko`: in which the answer is."""
    return (get_language() or "en").split("-")[0]


@cache
def words_of_states(lang: str) -> Mapping[str, str]:
    """State -> word, in a language that is active."""
    return {state.value: str(state.label) for state in State}


@cache
def words_of_health(lang: str) -> Mapping[str, str]:
    return {state.value: str(state.label) for state in CheckState}


@cache
def words_of_status(lang: str) -> Mapping[str, str]:
    return {status.value: str(status.label) for status in OperationStatus}


def links_of(slug: str) -> dict[str, str]:
    """Where more of an environment is: for programs, and its page for people."""
    api, page = _addresses()
    return {
        "self": f"{api}{slug}",
        "plan": f"{api}{slug}/plan",
        "explain": f"{api}{slug}/explain",
        "page": page.replace(_PLACE, slug),
    }


def link_of_operation(pk: int) -> str:
    return reverse("api:one_operation", args=[pk])


@cache
def _addresses() -> tuple[str, str]:
    """What stands before the name in the API, and a page's address."""
    api: str = reverse("api:one_environment", args=[_PLACE])
    return api.removesuffix(_PLACE), settings.BASE_URL + reverse("environments:page", args=[_PLACE])
