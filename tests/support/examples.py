"""How many examples hypothesis thinks of: some in each run, many times as many in `make test-torture`.

They are others in each run. EXAMPLES_TIMES says how many times as many.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

TIMES = int(os.environ.get("EXAMPLES_TIMES", "1"))
PROFILE = "daybreak"

# How quick a busy machine is at an example says nothing of what the example proves.
settings.register_profile(PROFILE, deadline=None, max_examples=50 * TIMES, suppress_health_check=[HealthCheck.too_slow])


def examples(usual: int) -> settings:
    """So many in the usual run."""
    return settings(settings.get_profile(PROFILE), max_examples=usual * TIMES)
