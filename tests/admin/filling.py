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
