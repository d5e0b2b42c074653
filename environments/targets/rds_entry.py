"""What an operator can enter wrong for a database."""

from __future__ import annotations

import re
from collections.abc import Mapping

from . import rds_texts as texts
from .base import TargetRef, Texts
from .selection import SelectionError, selection

# https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html: DBInstanceIdentifier
IDENTIFIER = re.compile(r"(?=.{1,63}$)[A-Za-z](?:-?[A-Za-z0-9])*")
MOST_KEPT = 50


def problems(ref: TargetRef, wrong_identifier: Texts) -> Mapping[str, Texts]:
    """What is wrong with the identifier and the options: name -> why."""
    found: dict[str, Texts] = {}
    try:
        chosen = selection(ref.identifier)
        if not chosen.tags and not IDENTIFIER.fullmatch(chosen.name):
            found["identifier"] = wrong_identifier
    except SelectionError as error:
        found["identifier"] = error.texts
    keep = ref.options.get("keep_snapshots")
    if keep not in (None, "") and not (str(keep).isdecimal() and 1 <= int(keep) <= MOST_KEPT):
        found["keep_snapshots"] = texts.KEEP_SNAPSHOTS
    return found
