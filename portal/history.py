"""The history of every change: `history = Changes(...)` in a model keeps a row for each version of its rows.

The rows are django-simple-history's, with where a change came from. They are kept for good, and are written in the
transaction of the change itself. `QuerySet.update()` and `bulk_create()` send no signals: who uses them for what is
kept here calls `changed()` or `made()` afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from typing import Any

from django.db import models
from django.db.models.signals import m2m_changed, post_delete, pre_delete, pre_save
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from simple_history.models import HistoricalRecords

from portal import origin as origins

MADE, CHANGED, REMOVED = "+", "~", "-"


class Origin(models.TextChoices):
    """Through which door a change came."""

    WEB = "web", pgettext_lazy("where a change was made", "page")
    BOT = "bot", _("chat")
    API = "api", _("API")
    LINK = "link", _("link in a message")
    COMMAND = "command", _("command line")
    PORTAL = "portal", _("the portal itself")
    BEFORE = "", _("before changes were kept")


def current_origin() -> str:
    return origins.current().origin


def current_address() -> str | None:
    return origins.current().address


class Change(models.Model):
    """What each row of history has beside the values: from where, and what does not stand in the values.

    `history_beside` has “lists” (a field's name -> pairs of id and name, as they were), “secrets” (names of fields that
    changed and whose values are not kept) and “imported” (how many days came, changed and went).
    """

    history_origin = models.CharField(
        max_length=8, choices=Origin.choices, default=current_origin, blank=True, editable=False
    )
    history_address = models.GenericIPAddressField(null=True, default=current_address, editable=False)
    history_beside = models.JSONField(default=dict, editable=False)

    class Meta:
        abstract = True


class Changes(HistoricalRecords):  # type: ignore[misc]  # django-simple-history has no types
    """`left_out`: fields that the portal writes for itself; they alone leave no row. `lists`: fields to many others,
    kept with the names of these. `secrets`: fields of which is only kept that they changed. `unless`: rows without a
    history."""

    def __init__(
        self,
        *,
        left_out: Sequence[str] = (),
        lists: Sequence[str] = (),
        secrets: Sequence[str] = (),
        unless: Callable[[Any], bool] = lambda row: False,
    ) -> None:
        super().__init__(
            bases=(Change,),
            excluded_fields=[*left_out, *secrets],
            history_id_field=models.BigAutoField(),
            # A number and no key: who changed something is known when their account is gone.
            history_user_id_field=models.BigIntegerField(null=True, db_index=True),
        )
        self.lists, self.secrets, self.unless = tuple(lists), tuple(secrets), unless

    def get_meta_options(self, model: type[models.Model]) -> dict[str, Any]:
        """Who may see a thing may see its history: there is nothing to permit."""
        options: dict[str, Any] = super().get_meta_options(model)
        return options | {"default_permissions": ()}

    def finalize(self, sender: type[models.Model], **kwargs: Any) -> None:
        super().finalize(sender, **kwargs)
        if self.cls is not sender:
            return
        sender._changes = self  # noqa: SLF001
        self.names = [field.attname for field in self.fields_included(sender)]
        if self.secrets:
            pre_save.connect(self._note_secrets, sender=sender, weak=False)
        for name in self.lists:
            field: Any = sender._meta.get_field(name)  # noqa: SLF001
            m2m_changed.connect(self._list_changed, sender=field.remote_field.through, weak=False)
            # The other side's deletion takes it from the lists without a word.
            other = sender if field.remote_field.model == "self" else field.remote_field.model
            pre_delete.connect(partial(self._note_holders, name=name), sender=other, weak=False)
            post_delete.connect(partial(self._holders_changed, name=name), sender=other, weak=False)

    def post_save(self, instance: Any, created: bool, using: Any = None, **kwargs: Any) -> None:
        if kwargs.get("raw") or self._is_silent(instance):
            return
        if created:
            self.write([instance], MADE)
            return
        fields = kwargs.get("update_fields")
        written = None if fields is None else {self.cls._meta.get_field(name).attname for name in fields}  # noqa: SLF001
        if written is not None and not written & set(self.names):
            return  # a sealed value alone is only sealed anew
        last = changes_of(self.cls).filter(**{self._key: instance.pk}).order_by("-history_id").first()
        if last is None or self._secret_changes(instance) or self._differs(instance, last):
            self.write([instance], CHANGED, last=last)

    def post_delete(self, instance: Any, using: Any = None, **kwargs: Any) -> None:
        if not self._is_silent(instance):
            self.write([instance], REMOVED)

    def write(self, rows: Iterable[Any], kind: str, *, last: Any = None, beside: dict[str, Any] | None = None) -> None:
        """A row of history for each. What one act changes twice is one change of that act."""
        source, found = origins.current(), [row for row in rows if not self._is_silent(row)]
        if not found:
            return
        lists = {} if kind == REMOVED else self._lists(found, last)
        made = [self._row(row, kind, {**(beside or {}), **lists.get(row.pk, {})}, source) for row in found]
        if kind == CHANGED and source.at:
            made = [row for row in made if not self._joined(row, source)]
        for row in changes_of(self.cls).bulk_create(made, batch_size=500):
            if source.at:
                source.written[self.cls, getattr(row, self._key)] = row.history_id

    def _row(self, instance: Any, kind: str, beside: dict[str, Any], source: origins.Source) -> Any:
        person = source.person() or (getattr(instance, "author", None) if kind == MADE else None)
        if secrets := self._secret_changes(instance):
            beside["secrets"] = secrets
        return changes_of(self.cls).model(
            history_date=source.at or timezone.now(),
            history_type=kind,
            history_user_id=getattr(person, "pk", None),
            history_beside=beside,
            **{name: getattr(instance, name) for name in self.names},
        )

    def _joined(self, row: Any, source: origins.Source) -> bool:
        """Whether the row of this act that is there already took the values in."""
        earlier = source.written.get((self.cls, getattr(row, self._key)))
        if earlier is None:
            return False
        # By the moment too: a number that was rolled back may be another row's by now.
        same = changes_of(self.cls).filter(pk=earlier, history_date=source.at, **{self._key: getattr(row, self._key)})
        there = same.first()
        if there is None:
            return False
        row.history_beside = {**there.history_beside, **row.history_beside}
        same.update(history_beside=row.history_beside, **{name: getattr(row, name) for name in self.names})
        return True

    def _lists(self, rows: Sequence[Any], last: Any) -> dict[Any, dict[str, Any]]:
        """What many-to-many fields hold, by the id of the row: a query each. Saving a row leaves them as they were."""
        if last is not None:
            return {rows[0].pk: {"lists": last.history_beside["lists"]}} if "lists" in last.history_beside else {}
        found: dict[Any, dict[str, Any]] = {row.pk: {"lists": {}} for row in rows} if self.lists else {}
        for name in self.lists:
            field: Any = self.cls._meta.get_field(name)  # noqa: SLF001
            holder, held = field.m2m_field_name(), field.m2m_reverse_field_name()
            through = field.remote_field.through.objects.filter(**{f"{holder}__in": list(found)})
            for pk in found:
                found[pk]["lists"][name] = []
            for link in through.select_related(held).order_by("pk"):
                other = getattr(link, held)
                found[getattr(link, f"{holder}_id")]["lists"][name].append([other.pk, name_of(other)])
        return found

    def _differs(self, instance: Any, last: Any) -> bool:
        fields = self.fields_included(self.cls)
        return any(
            field.to_python(getattr(instance, field.attname)) != getattr(last, field.attname) for field in fields
        )

    def _is_silent(self, instance: Any) -> bool:
        return origins.current().silent or self.unless(instance)

    @property
    def _key(self) -> str:
        return str(self.cls._meta.pk.attname)  # noqa: SLF001

    # --- Secrets ---

    def _note_secrets(self, instance: Any, raw: bool = False, update_fields: Any = None, **signal: Any) -> None:
        asked = [name for name in self.secrets if update_fields is None or name in update_fields]
        instance._secret_changes = []  # noqa: SLF001
        if raw or not asked or instance._state.adding:  # noqa: SLF001
            return
        before = self.cls._default_manager.filter(pk=instance.pk).values(*asked).first() or {}  # noqa: SLF001
        instance._secret_changes = [name for name in asked if before.get(name) != getattr(instance, name)]  # noqa: SLF001

    def _secret_changes(self, instance: Any) -> list[str]:
        return list(getattr(instance, "_secret_changes", ()))

    # --- Lists ---

    def _list_changed(self, instance: Any, action: str, reverse: bool, pk_set: Any, **signal: Any) -> None:
        if action == "pre_clear" and reverse:
            instance._cleared = list(self._holders(signal["sender"], instance))  # noqa: SLF001
        elif action == "post_clear" and reverse:
            self._rewrite(instance.__dict__.pop("_cleared", ()))
        elif action in {"post_add", "post_remove", "post_clear"} and (pk_set or action == "post_clear"):
            self._rewrite(pk_set if reverse else [instance.pk])

    def _note_holders(self, instance: Any, name: str, **signal: Any) -> None:
        field: Any = self.cls._meta.get_field(name)  # noqa: SLF001
        noted = instance.__dict__.setdefault("_holders", {})
        noted[self.cls, name] = list(self._holders(field.remote_field.through, instance))

    def _holders_changed(self, instance: Any, name: str, **signal: Any) -> None:
        self._rewrite(instance.__dict__.get("_holders", {}).pop((self.cls, name), ()))

    def _holders(self, through: Any, instance: Any) -> Any:
        field = next(f for f in map(self.cls._meta.get_field, self.lists) if f.remote_field.through is through)  # noqa: SLF001
        rows = through.objects.filter(**{field.m2m_reverse_field_name(): instance.pk})
        return rows.values_list(f"{field.m2m_field_name()}_id", flat=True)

    def _rewrite(self, pks: Iterable[Any]) -> None:
        if pks := list(pks):
            self.write(self.cls._default_manager.filter(pk__in=pks), CHANGED)  # noqa: SLF001


@cache
def changes_of(model: type[models.Model]) -> Any:
    """The rows of history of a model, as a manager."""
    # Each look at `history` makes a class.
    return model.history.model._default_manager  # type: ignore[attr-defined]  # noqa: SLF001


def made(rows: Sequence[models.Model]) -> None:
    """Rows that `bulk_create` has written. One query more, and one for each of their lists."""
    _write(rows, MADE)


def changed(rows: Sequence[models.Model] | models.QuerySet[Any], **beside: Any) -> None:
    """Rows, as they are now, that `update()` has changed. Two queries, whatever their number."""
    _write(list(rows), CHANGED, beside)


def _write(rows: Sequence[models.Model], kind: str, beside: dict[str, Any] | None = None) -> None:
    if rows:
        type(rows[0])._changes.write(rows, kind, beside=beside)  # type: ignore[attr-defined]  # noqa: SLF001


def name_of(thing: Any) -> str:
    """What a thing is called in the history: a person's name, a thing's name, else how it presents itself."""
    full = getattr(thing, "get_full_name", None)
    return str((full() or thing.get_username()) if full else getattr(thing, "name", "") or thing)
