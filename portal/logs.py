"""Logging: one stream (stderr), one format, and no secret in it."""

import logging
from typing import Any

from portal.masking import mask


class MaskingFormatter(logging.Formatter):
    """Masks the finished record, its traceback included: a secret can come in by any of its parts."""

    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record))


class NoErrorOfOurs(logging.Filter):
    """Takes the traceback off what Django says of a request that the portal refused (4xx): the line says it all."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.") and 400 <= getattr(record, "status_code", 500) < 500:
            record.exc_info = record.exc_text = None
        return True


def logging_config(level: str) -> dict[str, Any]:
    """The `LOGGING` setting: our own loggers at `level`, libraries at WARNING or above unless `level` is DEBUG."""
    libraries = "DEBUG" if level == "DEBUG" else "WARNING"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": "portal.logs.MaskingFormatter",
                "format": "%(asctime)s %(levelname)-7s %(name)s: %(message)s",
            }
        },
        "filters": {"refusals": {"()": "portal.logs.NoErrorOfOurs"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["refusals"]}},
        "root": {"handlers": ["stderr"], "level": libraries},
        "loggers": {
            "portal": {"level": level},
            "environments": {"level": level},
            "notifications": {"level": level},
            # Django gives these handlers of their own, which would not mask.
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.server": {"handlers": [], "level": "INFO", "propagate": True},
            # Who signs in over a connection that is closed early is no news.
            "waitress.queue": {"level": "ERROR"},
        },
    }
