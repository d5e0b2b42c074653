"""What stays for as long as the web process lives is loaded once and left out of garbage collection."""

import gc
from typing import Final

from django.urls import get_resolver

# Python looks for cycles after each 700 new objects, a large page makes a million: a tenth of its time. Cycles that
# are not found for a little longer hold a few megabytes.
NEW_OBJECTS: Final = 50_000


def settle() -> None:
    """Load what the first request would load, and have the collector pass over all that is there by now.

    A full collection walks every module, model and translation: some 65 ms, in the middle of somebody's request.
    Side effect: objects that exist now and become garbage in a cycle later are never freed (see `gc.freeze`);
    the collector of this process begins less often.
    """
    _loaded = get_resolver().url_patterns
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])
