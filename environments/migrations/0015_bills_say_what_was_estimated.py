import environments.models.money
from django.db import migrations, models
from django.db.models import Case, Exists, OuterRef, Subquery, Value, When

AMOUNT = environments.models.money.MoneyField(null=True)


def note_estimates(apps, schema_editor):
    """Of bills that are there what was estimated for the same; of several for the same the first one says it."""
    bills = apps.get_model("environments", "DailyBill").objects
    costs = apps.get_model("environments", "DailyCost").objects
    there = {"environment": OuterRef("environment")}
    gone = {"environment": None, "environment_name": OuterRef("environment_name")}
    for rows, whose in (
        (bills.filter(environment__isnull=False), there),
        (bills.filter(environment=None).exclude(environment_name=""), gone),
    ):
        same = whose | {name: OuterRef(name) for name in ("day", "account", "currency")}
        earlier = bills.filter(pk__lt=OuterRef("pk"), **same).order_by()
        estimate = Subquery(costs.filter(**same).order_by().values("estimate")[:1])
        double = Exists(costs.filter(**same).order_by()) & Exists(earlier)
        rows.update(estimate=Case(When(double, then=Value(0)), default=estimate, output_field=AMOUNT))


class Migration(migrations.Migration):
    dependencies = [("environments", "0014_checks_awake_and_told")]

    operations = [
        migrations.AddField(
            model_name="dailybill",
            name="estimate",
            field=environments.models.money.MoneyField(
                decimal_places=6, editable=False, max_digits=18, null=True, verbose_name="estimated for the same"
            ),
        ),
        migrations.RemoveIndex(model_name="dailybill", name="bills_of_an_environment"),
        migrations.AddIndex(
            model_name="dailybill",
            index=models.Index(
                fields=["environment", "day", "account", "currency", "is_final", "amount", "estimate"],
                name="bills_of_an_environment",
            ),
        ),
        migrations.RunPython(note_estimates, migrations.RunPython.noop),
    ]
