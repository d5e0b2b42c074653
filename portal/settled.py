"""What stays for as long as the web process lives is loaded once and left out of garbage collection."""

import gc

from django.urls import get_resolver


def settle() -> None:
    """Load what the first request would load, and have the collector pass over all that is there by now.

    A full collection walks every module, model and translation: some 65 ms, in the middle of somebody's request.
    Side effect: objects that exist now and become garbage in a cycle later are never freed (see `gc.freeze`).
    """
    _loaded = get_resolver().url_patterns
    gc.collect()
    gc.freeze()
