"""What `serve` says and does in cases that a whole process is too slow to show."""

import pytest
from django.contrib.auth.models import User

from portal.serve import Portal, sign_in


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_a_thread_that_dies_ends_the_portal_and_is_named(name: str, caplog: pytest.LogCaptureFixture) -> None:
    portal = Portal()

    def die() -> None:
        raise RuntimeError("the reason")

    portal._start(name, die)
    portal.threads[name].join()

    assert portal.wake.is_set()
    assert portal.failure == f"The {name} thread has ended by itself; the log says why. Stopping."
    assert "RuntimeError: the reason" in caplog.text


def test_a_thread_that_ends_because_it_was_asked_to_is_no_failure() -> None:
    portal = Portal()
    portal.stopping = True

    portal._start("beat", lambda: None)
    portal.threads["beat"].join()

    assert portal.failure is None


# transaction=True: looking at the users closes the connection, as it must where many threads run.
@pytest.mark.django_db(transaction=True)
def test_the_samples_sign_in_is_shown_only_while_it_works() -> None:
    assert sign_in() == "Nobody can sign in yet: python manage.py createsuperuser"

    admin = User.objects.create_user("admin", password="daybreak")
    assert sign_in() == "Sign in as admin / daybreak"

    admin.set_password("something else")
    admin.save()
    assert sign_in() == "Sign in with your account."


@pytest.mark.django_db(transaction=True)
def test_somebody_who_may_not_sign_in_is_not_offered() -> None:
    User.objects.create_user("admin", password="daybreak", is_active=False)

    assert sign_in() == "Sign in with your account."
