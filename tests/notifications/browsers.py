"""People of each role at their browsers."""

from django.contrib.auth.models import User
from django.test import Client

from tests import factories

PEOPLE = {
    "viewer": factories.viewer,
    "manager": factories.manager,
    "outsider": factories.outsider,
    "operator": factories.operator,
    "administrator": factories.administrator,
}


def person(role: str) -> User:
    """One of the fixed cast."""
    return PEOPLE[role]()


def browser(role: str) -> Client:
    """Where they have signed in."""
    client = Client()
    client.force_login(person(role))
    return client
