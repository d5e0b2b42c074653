"""django-unfold's building blocks with types: it ships none, and its classes extend Django's, whose stubs are good."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TypeVar

    from django import forms
    from django.contrib import admin
    from django.db.models import Model
    from django.http import HttpRequest, HttpResponse
    from django_stubs_ext import StrOrPromise

    _Record = TypeVar("_Record", bound=Model)
    _Function = TypeVar("_Function", bound=Callable[..., Any])

    class ModelAdmin(admin.ModelAdmin[_Record]):
        actions_detail: Sequence[str]
        list_filter_submit: bool

        def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]: ...

    class TabularInline(admin.TabularInline[_Record, Model]): ...

    class DialogForm(forms.Form): ...

    class DropdownFilter(admin.SimpleListFilter): ...

    class TextFilter(admin.SimpleListFilter): ...

    class ChoicesDropdownFilter(admin.ChoicesFieldListFilter): ...

    class RangeDateTimeFilter(admin.DateFieldListFilter): ...

    class Checkboxes(forms.CheckboxSelectMultiple): ...

    class SecretInput(forms.PasswordInput): ...

    class TextInput(forms.TextInput): ...

    def action(
        *, description: StrOrPromise, icon: str, permissions: Sequence[str], dialog: dict[str, StrOrPromise]
    ) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]: ...

    def display(*, description: StrOrPromise, ordering: str | None = None) -> Callable[[_Function], _Function]: ...

else:
    from unfold.admin import ModelAdmin, TabularInline
    from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter, RangeDateTimeFilter, TextFilter
    from unfold.decorators import action, display
    from unfold.forms import BaseDialogForm as DialogForm
    from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget as Checkboxes
    from unfold.widgets import UnfoldAdminPasswordWidget as SecretInput
    from unfold.widgets import UnfoldAdminTextInputWidget as TextInput

__all__ = [
    "Checkboxes",
    "ChoicesDropdownFilter",
    "DialogForm",
    "DropdownFilter",
    "ModelAdmin",
    "RangeDateTimeFilter",
    "SecretInput",
    "TabularInline",
    "TextFilter",
    "TextInput",
    "action",
    "display",
]
