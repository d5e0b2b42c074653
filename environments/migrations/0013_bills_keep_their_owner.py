import django.db.models.deletion
from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def name_owners(apps, schema_editor):
    """Bills of environments that are there; of those that are gone nothing was kept."""
    rows = apps.get_model("environments", "DailyBill").objects.filter(environment__isnull=False)
    owner = apps.get_model("environments", "Environment").objects.filter(pk=OuterRef("environment"))
    rows.update(environment_name=Subquery(owner.values("name")[:1]), team=Subquery(owner.values("team")[:1]))


class Migration(migrations.Migration):
    dependencies = [("environments", "0012_days_of_an_environment")]

    operations = [
        migrations.AddField(
            model_name="dailybill",
            name="environment_name",
            field=models.CharField(blank=True, max_length=80, verbose_name="environment's name"),
        ),
        migrations.AddField(
            model_name="dailybill",
            name="team",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="daily_bills",
                to="environments.team",
                verbose_name="team",
            ),
        ),
        migrations.RunPython(name_owners, migrations.RunPython.noop),
    ]
