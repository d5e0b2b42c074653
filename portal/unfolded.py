"""django-unfold's building blocks with types: it ships none, and its classes extend Django's, whose stubs are good."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TypeVar

    from django import forms
    from django.contrib import admin
    from django.contrib.auth import forms as auth_forms
    from django.contrib.auth.models import User
    from django.db.models import Model
    from django.http import HttpRequest, HttpResponse
    from django_stubs_ext import StrOrPromise

    _Record = TypeVar("_Record", bound=Model)
    _Function = TypeVar("_Function", bound=Callable[..., Any])

    class ModelAdmin(admin.ModelAdmin[_Record]):
        actions_detail: Sequence[str]
        actions_row: Sequence[str]
        list_filter_submit: bool

        def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]: ...

    class TabularInline(admin.TabularInline[_Record, Model]):
        hide_title: bool

    class DropdownFilter(admin.SimpleListFilter): ...

    class TextFilter(admin.SimpleListFilter): ...

    class ChoicesDropdownFilter(admin.ChoicesFieldListFilter): ...

    class RangeDateFilter(admin.DateFieldListFilter): ...

    class RangeDateTimeFilter(admin.DateFieldListFilter): ...

    class DialogForm(forms.Form): ...

    class UserCreationForm(auth_forms.AdminUserCreationForm[User]): ...

    class UserChangeForm(auth_forms.UserChangeForm[User]): ...

    class AdminPasswordChangeForm(auth_forms.AdminPasswordChangeForm[User]): ...

    class TextInput(forms.TextInput): ...

    class IntegerInput(forms.NumberInput): ...

    class ClockInput(forms.TimeInput): ...

    class SecretInput(forms.PasswordInput): ...

    class Textarea(forms.Textarea): ...

    class Select(forms.Select): ...

    class SearchSelect(forms.Select): ...

    class SearchSelectMultiple(forms.SelectMultiple): ...

    class Checkboxes(forms.CheckboxSelectMultiple): ...

    class Switch(forms.CheckboxInput): ...

    def action(
        *, description: StrOrPromise, icon: str, permissions: Sequence[str], dialog: dict[str, StrOrPromise]
    ) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]: ...

    def display(
        *, description: StrOrPromise, ordering: str | None = None, boolean: bool | None = None
    ) -> Callable[[_Function], _Function]: ...

else:
    from django import forms
    from unfold.admin import ModelAdmin as _ModelAdmin
    from unfold.admin import TabularInline
    from unfold.contrib.filters.admin import (
        ChoicesDropdownFilter,
        DropdownFilter,
        RangeDateFilter,
        RangeDateTimeFilter,
        TextFilter,
    )
    from unfold.decorators import action, display
    from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
    from unfold.forms import BaseDialogForm as DialogForm
    from unfold.widgets import INPUT_CLASSES
    from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget as Checkboxes
    from unfold.widgets import UnfoldAdminIntegerFieldWidget as IntegerInput
    from unfold.widgets import UnfoldAdminPasswordWidget as SecretInput
    from unfold.widgets import UnfoldAdminSelect2MultipleWidget as SearchSelectMultiple
    from unfold.widgets import UnfoldAdminSelect2Widget as SearchSelect
    from unfold.widgets import UnfoldAdminSelectWidget as Select
    from unfold.widgets import UnfoldAdminTextareaWidget as Textarea
    from unfold.widgets import UnfoldAdminTextInputWidget as TextInput
    from unfold.widgets import UnfoldBooleanSwitchWidget as Switch

    from portal.deletions import PlainDeletions

    class ModelAdmin(PlainDeletions, _ModelAdmin): ...

    class ClockInput(forms.TimeInput):
        """A time of day, hours and minutes. Django's own warns wherever the browser's zone is not the server's; here
        the form says by whose clock it is meant."""

        input_type = "time"

        def __init__(self, attrs=None, format="%H:%M"):
            given = attrs or {}
            super().__init__({**given, "class": " ".join([*INPUT_CLASSES, given.get("class", "")])}, format)


__all__ = [
    "AdminPasswordChangeForm",
    "Checkboxes",
    "ChoicesDropdownFilter",
    "ClockInput",
    "DialogForm",
    "DropdownFilter",
    "IntegerInput",
    "ModelAdmin",
    "RangeDateFilter",
    "RangeDateTimeFilter",
    "SearchSelect",
    "SearchSelectMultiple",
    "SecretInput",
    "Select",
    "Switch",
    "TabularInline",
    "TextFilter",
    "TextInput",
    "Textarea",
    "UserChangeForm",
    "UserCreationForm",
    "action",
    "display",
]
