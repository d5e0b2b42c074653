"""What RDS says happened to a database by itself: its events, and AWS's own start after seven days.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html: RDS-EVENT-0154 (instances) and
RDS-EVENT-0153 (clusters), “… is being started due to it exceeding the maximum allowed time being stopped.”
The time alone would not tell: somebody may have started it before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from .rds_databases import IS_UP, Database, Phase

# How long RDS keeps events, and the largest span it takes, in minutes.
KEPT = 14 * 24 * 60
SAYS_SO = "exceeding the maximum allowed time being stopped"
# AWS starts it about then, not to the minute.
ABOUT = timedelta(hours=1)


def events(rds: Any, source: str, database_id: str) -> list[tuple[datetime, str]]:
    """RDS's events of a database, oldest first. `source` is db-instance or db-cluster."""
    pages = rds.get_paginator("describe_events")
    wanted = {"SourceIdentifier": database_id, "SourceType": source, "Duration": KEPT}
    found = [(one["Date"], one.get("Message", "")) for page in pages.paginate(**wanted) for one in page["Events"]]
    return sorted(found, key=lambda one: one[0])


def told_since(rds: Any, source: str, database_id: str, since: datetime) -> str:
    """AWS's words on what happened to it since then; empty where it does not tell or must not be asked."""
    try:
        return "\n".join(words for at, words in events(rds, source, database_id) if at >= since)
    except ClientError:
        return ""


def noted(members: Iterable[Database]) -> dict[str, str]:
    """When AWS is going to start which stopped database, as it is remembered."""
    return {one.id: one.restarts_at.isoformat() for one in members if one.restarts_at}


def says_so(rds: Any, source: str, database_id: str, memory: Mapping[str, Any], now: datetime) -> bool:
    """Whether AWS itself says that it started the database when it was due; botocore's errors pass through.

    Stricter than `started_by_aws`: here the time alone decides nothing. No request where it is not due.
    """
    due = memory.get("restarts", {}).get(database_id)
    if due is None or now < datetime.fromisoformat(due):
        return False
    after = datetime.fromisoformat(due) - ABOUT
    return any(at >= after and SAYS_SO in words for at, words in events(rds, source, database_id))


def started_by_aws(
    rds: Any, source: str, members: Iterable[Database], memory: Mapping[str, Any], now: datetime
) -> list[str]:
    """The databases that are up because AWS has started them since our last stop.

    AWS is asked for events only where the remembered time has passed; where it must not be asked, the time decides.
    """
    found: list[str] = []
    for one in members:
        due = memory.get("restarts", {}).get(one.id)
        if one.phase not in IS_UP | {Phase.STARTING} or due is None or now < datetime.fromisoformat(due):
            continue
        after = datetime.fromisoformat(due) - ABOUT
        try:
            if any(at >= after and SAYS_SO in words for at, words in events(rds, source, one.id)):
                found.append(one.id)
        except ClientError:
            found.append(one.id)
    return found
