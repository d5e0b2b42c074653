"""The sample's applications are asked where the simulated AWS listens by now."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from pytest_django import Settings

from environments.models import HttpCheck
from environments.services import simulated_apps


def test_the_port_of_the_simulated_aws_is_that_of_this_start(settings: Settings) -> None:
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:8001"
    url = simulated_apps.health_of("ChatAppMasterStack")
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:40001"
    assert simulated_apps.address(url) == "http://127.0.0.1:40001/_app/ChatAppMasterStack/actuator/health"
    for other in ("https://chat.example.com/_app/x", "http://127.0.0.1:9/health"):
        assert simulated_apps.address(other) == other
    settings.SIMULATED_AWS = False
    assert simulated_apps.address(url) == url


@pytest.mark.django_db
@pytest.mark.parametrize(("simulated", "count"), [(True, 3), (False, 0)])
def test_the_sample_asks_its_applications_only_in_the_simulated_aws(
    simulated: bool, count: int, settings: Settings
) -> None:
    settings.DEMO, settings.SIMULATED_AWS = True, simulated
    call_command("seed_demo")
    assert HttpCheck.objects.filter(name="API", url__contains="/_app/Chat").count() == count
