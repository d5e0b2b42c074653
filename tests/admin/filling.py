"""Filling in forms with inline rows, and reading what a refused one says."""

from __future__ import annotations

from typing import Any


def rows(prefix: str, *forms: dict[str, str]) -> dict[str, str]:
    """The fields of an inline formset."""
    fields = {f"{prefix}-TOTAL_FORMS": str(len(forms)), f"{prefix}-INITIAL_FORMS": "0"}
    return fields | {f"{prefix}-{n}-{name}": value for n, form in enumerate(forms) for name, value in form.items()}


def refusal(answer: Any) -> dict[str, str]:
    """The sentences of a refused form, by field; those of its rows by “row.field”."""
    assert answer.status_code == 200, answer.headers
    context = answer.context
    told = {name: " ".join(map(str, errors)) for name, errors in context["adminform"].form.errors.items()}
    for formset in context["inline_admin_formsets"]:
        for number, errors in enumerate(formset.formset.errors):
            told |= {f"{number}.{name}": " ".join(map(str, sentences)) for name, sentences in errors.items()}
    return told


def filled(answer: Any) -> dict[str, str]:
    """What the form of an admin page would send if nothing were changed in it, inline rows included."""
    context = answer.context
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    fields: dict[str, str] = {}
    for form in forms:
        for bound in form:
            value = bound.value()
            if value is not None and value is not False and value != [] and bound.html_name not in fields:
                fields[bound.html_name] = "on" if value is True else str(value)
    return fields
