"""Services of ECS and App Runner that could be targets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from . import app_runner_services, ecs_services
from . import discovery_texts as texts
from .base import AccountRef, TargetError, TargetRef, Texts
from .client import DENIED, client, in_words
from .discovery import STACK_TAG, Found
from .selection import Selection

# A filter is what makes a look read all services, with their tags.
ANY = Selection(tags=(("*", "*"),))


def ecs(account: AccountRef, region: str) -> Iterator[Found]:
    """All services of all clusters. Calls: one for a hundred clusters, one for a hundred services of each, and one for
    ten services."""
    with in_words("ecs", "DescribeServices", account, region):
        for one in ecs_services.services(client("ecs", account, region), [(ANY, "")]):
            stack = one.tags.get(STACK_TAG)
            seen = ecs_services.Found((one,), (), ())
            yield Found(
                kind="ecs_service",
                identifier=one.key,
                name=one.key,
                tags=one.tags,
                state=ecs_services.seen_as(TargetRef("ecs_service", one.key, account, region), seen),
                details=(texts.tasks(one.running, one.desired), *((texts.of_stack(stack),) if stack else ())),
                why_not=texts.DAEMON if one.daemon else None,
            )


def app_runner(account: AccountRef, region: str) -> Iterator[Found]:
    """All App Runner services. Calls: one a page, and one for a hundred tagged services; where the portal may not read
    tags, the services are found without them."""
    # Two filters, since with one alone AWS is asked for services with just its tags.
    lacking: tuple[Texts, ...] = ()
    try:
        services = _app_runner(account, region, [ANY, ANY])
    except TargetError as error:
        if error.code not in DENIED:
            raise
        services, lacking = _app_runner(account, region, []), (texts.TAGS_UNKNOWN,)
    for one in services:
        seen = app_runner_services.Found((one,), ())
        stack = one.tags.get(STACK_TAG)
        yield Found(
            kind="app_runner",
            identifier=one.name,
            name=one.name,
            tags=one.tags,
            state=app_runner_services.seen_as(TargetRef("app_runner", one.name, account, region), seen),
            details=(texts.status(one.status), *((texts.of_stack(stack),) if stack else ()), *lacking),
            also=(one.arn,),
        )


def _app_runner(account: AccountRef, region: str, chosen: Sequence[Selection]) -> list[app_runner_services.Service]:
    with in_words("apprunner", "ListServices", account, region):
        runner = client("apprunner", account, region)
        return app_runner_services.services(runner, client("resourcegroupstaggingapi", account, region), chosen)
