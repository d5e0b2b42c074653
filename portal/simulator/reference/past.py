"""What the sample's account was billed for before it was made: invented, as the past of the sample's environments is.

Without it a demo would have no bill for two days. From the first day of last month until the day before it was seeded.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from portal.simulator.reference import ACCOUNT, REGION
from portal.simulator.usage import Ran, price_an_hour

if TYPE_CHECKING:
    from portal.simulator.world import World

SEOUL = ZoneInfo("Asia/Seoul")
KEY = "past/"
# What the chat application is made of, and when its environments ran: value of the tag, hours, days of the week.
THINGS: tuple[tuple[str, dict[str, str]], ...] = (
    *(("AWS::EC2::Instance", {"InstanceType": "t3.small"}),) * 2,
    ("AWS::DocDB::DBInstance", {"DBInstanceClass": "db.t3.medium"}),
    ("AWS::ElastiCache::CacheCluster", {"CacheNodeType": "cache.t2.micro"}),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", {}),
)
RUNS = (("chat-dev", 9, 18, 5), ("chat-staging", 8, 22, 6))
LATE = timedelta(minutes=3)


def seed_past(world: World) -> None:
    """Spans of the weeks before the simulated present, unless there are some."""
    if not any(one.key.startswith(KEY) for one in world.usage.of(ACCOUNT)):
        world.usage.told({"spans": [one.as_data() for one in _spans(world.clock.now())]})


def _spans(now: datetime) -> Iterator[Ran]:
    today = now.astimezone(SEOUL).date()
    first = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    an_hour = sum((price_an_hour(kind, given, REGION) for kind, given in THINGS), Decimal(0))
    for number in range((today - first).days):
        day = first + timedelta(days=number)
        for value, begin, end, days in RUNS:
            if day.weekday() < days:
                at, until = (datetime.combine(day, time(hour), SEOUL) + LATE for hour in (begin, end))
                yield Ran(f"{KEY}{value}/{day}", ACCOUNT, {"environment": value}, an_hour, at, until)
