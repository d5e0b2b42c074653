"""What came in by the door of SNS and is about AWS: alarms of CloudWatch, and images that were pushed to ECR."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from environments.rules.alarm_messages import AlarmChange, Push, read
from environments.services import alarms, image_pushes
from notifications.inbound import sns
from notifications.intake import Outcome
from notifications.models import Arrival

logger = logging.getLogger(__name__)

DOOR: Final = sns.ALARM_DOOR
OTHER, UNREADABLE = "other", "unreadable"


def judge(arrivals: Sequence[Arrival], now: datetime) -> Mapping[int, Outcome]:
    """Takes what these messages say, in the caller's transaction; what is neither alarm nor push is left, noted."""
    outcomes: dict[int, Outcome] = {}
    changes: list[tuple[int, AlarmChange]] = []
    pushes: list[tuple[int, Push]] = []
    for arrival in arrivals:
        try:
            said = read(arrival.payload["Message"], arrival.received_at)
        except ValueError as error:
            outcomes[arrival.pk] = Outcome(UNREADABLE, _unreadable(str(error)))
            continue
        match said:
            case AlarmChange():
                changes.append((arrival.pk, said))
            case Push():
                pushes.append((arrival.pk, said))
            case _:
                outcomes[arrival.pk] = Outcome(OTHER)
    words = alarms.take([change for _, change in changes], now=now)
    outcomes |= {pk: Outcome(word) for (pk, _), word in zip(changes, words, strict=True)}
    taken = image_pushes.take([push for _, push in pushes], now=now)
    outcomes |= {pk: Outcome(one.word, one.note) for (pk, _), one in zip(pushes, taken, strict=True)}
    sns.heard(arrivals)
    return outcomes


def _unreadable(part: str) -> dict[str, str]:
    return {"en": f"It cannot be understood: {part}.", "ko": f"내용을 이해할 수 없어요: {part}."}
