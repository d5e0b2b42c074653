"""The portal's own models, by subject."""

from portal.models.preference import Preference, validate_zone
from portal.models.pulse import Pulse
from portal.models.tally import TaskTally
from portal.models.token import ApiAnswer, ApiToken, Scope

__all__ = ["ApiAnswer", "ApiToken", "Preference", "Pulse", "Scope", "TaskTally", "validate_zone"]
