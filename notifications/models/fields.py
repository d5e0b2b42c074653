"""Model fields of the app: sealed configuration, and JSON that people can search."""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.query_utils import DeferredAttribute
from django.utils.translation import gettext_lazy as _

from notifications import encryption


class Config(dict[str, str]):
    """A channel's settings, in clear text, only ever in memory. Its repr shows nothing: tracebacks print locals."""

    readable = True

    def __repr__(self) -> str:
        return "<Config: sealed>"

    __str__ = __repr__


class UnreadableConfig(Config):
    """Stands for settings that no present key opens. A page that lists channels must not fail for one of them."""

    readable = False


class _ConfigAttribute(DeferredAttribute):
    """Whatever is assigned becomes a `Config` at once, so that no plain dict with secrets lies about in an instance."""

    def __set__(self, instance: models.Model, value: object) -> None:
        instance.__dict__[self.field.attname] = self.field.to_python(value)


class EncryptedConfigField(models.Field[dict[str, str], Config]):
    """A `Config`, encrypted in the database (see `notifications.encryption`). It cannot be searched or ordered by."""

    description = "Encrypted settings"
    descriptor_class = _ConfigAttribute

    def get_internal_type(self) -> str:
        """Kept in a text column."""
        return "TextField"

    def from_db_value(self, value: str | None, expression: object, connection: BaseDatabaseWrapper) -> Config | None:
        """Opens the stored value; an `UnreadableConfig` when the keys do not fit."""
        return None if value is None else _open(value)

    def to_python(self, value: object) -> Config | None:
        """Mappings and serialised (sealed) values, as forms and fixtures bring them."""
        if value is None or isinstance(value, Config):
            return value
        if isinstance(value, dict):
            return Config({str(name): str(part) for name, part in value.items()})
        opened = _open(str(value)) if value else Config()
        if not opened.readable:
            raise ValidationError(_("These settings were sealed with another key."))
        return opened

    def get_prep_value(self, value: object) -> str | None:
        """Seals the value. Refuses what could not be read, so that saving a channel never destroys its settings."""
        config = self.to_python(value)
        if config is None:
            return None
        if not config.readable:
            raise ValueError("Settings that cannot be read cannot be saved again.")
        return encryption.encrypt(json.dumps(dict(config)))

    def value_to_string(self, obj: models.Model) -> str:
        """Fixtures and dumps stay sealed."""
        return self.get_prep_value(self.value_from_object(obj)) or ""


def _open(sealed: str) -> Config:
    try:
        opened = json.loads(encryption.decrypt(sealed))
    except (encryption.UnreadableError, ValueError):
        return UnreadableConfig()
    return Config(opened)


class SearchableJSONEncoder(DjangoJSONEncoder):
    """Leaves Korean as it is: SQLite keeps the text as given, and a search for 시작 would not find an escaped one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "ensure_ascii": False})


class TextsField(models.JSONField[Any, Any]):
    """A text in each language of the portal (`texts.Texts`); {} is no text."""

    description = "A text in each language"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", dict)
        kwargs.setdefault("blank", True)
        kwargs.setdefault("encoder", SearchableJSONEncoder)
        super().__init__(*args, **kwargs)
