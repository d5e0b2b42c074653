"""Telling a worker that a delivery is due. Only a courtesy: the sweep finds what nobody was told of."""

import logging
from collections.abc import Iterable

from celery import current_app

DELIVER = "notifications.tasks.deliver"

logger = logging.getLogger(__name__)


def wake(delivery_ids: Iterable[int]) -> None:
    """Sends one wake-up for each delivery. Never raises: without a broker they are sent by the next sweep.

    By the task's name, since tasks import what is here; `signature` rather than `send_task`, for that ignores eager
    mode. Without retries and stopped at the first failure, so that a broker that is away holds up nobody's request.
    """
    for delivery_id in delivery_ids:
        try:
            current_app.signature(DELIVER, args=(delivery_id,)).apply_async(retry=False, ignore_result=True)
        except Exception as error:  # noqa: BLE001 - each transport has its own errors, and none may reach the caller
            logger.warning(
                "No wake-up for delivery %s (%s); the next sweep sends it.", delivery_id, type(error).__name__
            )
            return
