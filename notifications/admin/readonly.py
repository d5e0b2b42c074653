"""Records that people look at and nobody edits."""

from typing import TypeVar

from django.db.models import Model
from django.http import HttpRequest

from portal.unfolded import ModelAdmin, TabularInline

_Record = TypeVar("_Record", bound=Model)


class ReadOnly:
    """Neither added, changed nor deleted by hand, whoever asks."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody may."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody may."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody may."""
        return False


class LogAdmin(ReadOnly, ModelAdmin[_Record]):
    """A long list, newest first. It is never counted as a whole: that would be the dearest part of the page."""

    actions = None
    list_per_page = 50
    list_filter_submit = True
    show_full_result_count = False


class LogInline(ReadOnly, TabularInline[_Record]):
    """Rows that belong to a record, shown to whoever may see the record."""

    extra = 0
    hide_title = True
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Who sees the record sees its rows; the record's own page has asked already."""
        return True
