"""Writing what reports have made of many devices: one statement, however many they are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from django.db import connection

from environments.models import Device

_POSTGRESQL: Final = """
    UPDATE environments_device AS d
       SET previous_epoch = j.previous_epoch, newest_counter = j.newest_counter,
           counters_seen = j.counters_seen, last_report = j.last_report
      FROM jsonb_to_recordset(%s::jsonb) AS j(
           id bigint, previous_epoch smallint, newest_counter bigint, counters_seen text, last_report jsonb)
     WHERE d.check_ptr_id = j.id
"""
_SQLITE: Final = """
    UPDATE environments_device AS d
       SET previous_epoch = json_extract(j.value, '$.previous_epoch'),
           newest_counter = json_extract(j.value, '$.newest_counter'),
           counters_seen = json_extract(j.value, '$.counters_seen'),
           last_report = json_extract(j.value, '$.last_report')
      FROM json_each(%s) AS j
     WHERE d.check_ptr_id = json_extract(j.value, '$.id')
"""


def write(devices: Sequence[Device]) -> None:
    """Save which counters of these devices came and what each said last; the caller has locked them. No query for
    none."""
    if not devices:
        return
    rows = json.dumps(
        [
            {
                "id": device.pk,
                "previous_epoch": device.previous_epoch,
                "newest_counter": device.newest_counter,
                "counters_seen": device.counters_seen,
                "last_report": device.last_report,
            }
            for device in devices
        ]
    )
    with connection.cursor() as cursor:
        cursor.execute(_POSTGRESQL if connection.vendor == "postgresql" else _SQLITE, [rows])
