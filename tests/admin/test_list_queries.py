"""Every list of the admin costs as many queries for twelve rows as for three."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext

from . import list_rows, list_rows_messages

pytestmark = pytest.mark.django_db
FEW, MANY = 3, 12
MAKES = {**list_rows.MAKES, **list_rows_messages.MAKES}


@pytest.mark.parametrize("model", list(admin.site._registry), ids=lambda model: model._meta.label_lower)
def test_a_list_costs_as_many_queries_for_twelve_rows_as_for_three(
    model: type[Model], as_administrator: Client
) -> None:
    address = f"/{model._meta.app_label}/{model._meta.model_name}/"

    def cost() -> tuple[int, list[str]]:
        with CaptureQueriesContext(connection) as queries:
            answer = as_administrator.get(address)
        return len(answer.context["cl"].result_list), [query["sql"] for query in queries]

    for n in range(1, FEW + 1):
        MAKES[model](n)
    shown, few = cost()
    assert shown >= FEW
    for n in range(FEW + 1, MANY + 1):
        MAKES[model](n)
    more, many = cost()
    assert more == shown + MANY - FEW
    assert len(many) == len(few), [sql for sql in many if many.count(sql) > few.count(sql)]
