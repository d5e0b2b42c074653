"""The sample's password is printed for everybody to read: it opens the sample only, never real AWS."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from portal import serve

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def open_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """`serve` closes its connection, which would end the test's transaction."""
    monkeypatch.setattr(connection, "close", lambda: None)


def test_real_aws_is_not_served_while_somebody_has_the_samples_password(settings: Any) -> None:
    User.objects.create_user("operator", password="daybreak")
    settings.SIMULATED_AWS = False
    with pytest.raises(serve.CannotServe, match="operator still have the sample's password"):
        serve.require_own_passwords()
    settings.SIMULATED_AWS = True
    serve.require_own_passwords()


def test_people_with_passwords_of_their_own_are_served(settings: Any) -> None:
    User.objects.create_user("admin", password="correct horse")
    User.objects.create_user("viewer", password="daybreak", is_active=False)
    settings.SIMULATED_AWS = False
    serve.require_own_passwords()
