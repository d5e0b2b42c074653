import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

# What one constraint says on PostgreSQL takes two triggers on SQLite. A later migration that alters the table's columns
# remakes it on SQLite and has to make them again (tests/models proves that they are there).
NO_OVERLAP = "ALTER TABLE environments_interval ADD CONSTRAINT intervals_never_overlap EXCLUDE USING gist"
NO_OVERLAP += " (int8range(target_id, target_id, '[]') WITH &&, tstzrange(began_at, ended_at) WITH &&)"
NO_OVERLAP += " WHERE (target_id IS NOT NULL)"
TRIGGER = """
CREATE TRIGGER intervals_never_overlap_{name} BEFORE {event} ON environments_interval
WHEN EXISTS (
  SELECT 1 FROM environments_interval AS other
  WHERE other.target_id = NEW.target_id AND other.id IS NOT NEW.id
    AND (NEW.ended_at IS NULL OR other.began_at < NEW.ended_at)
    AND (other.ended_at IS NULL OR other.ended_at > NEW.began_at)
)
BEGIN SELECT RAISE(ABORT, 'intervals_never_overlap'); END
"""
EVENTS = {"insert": "INSERT", "update": "UPDATE OF target_id, began_at, ended_at"}


def forbid_overlap(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(NO_OVERLAP)
    elif schema_editor.connection.vendor == "sqlite":
        for name, event in EVENTS.items():
            schema_editor.execute(TRIGGER.format(name=name, event=event))


def allow_overlap(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE environments_interval DROP CONSTRAINT intervals_never_overlap")
    elif schema_editor.connection.vendor == "sqlite":
        for name in EVENTS:
            schema_editor.execute(f"DROP TRIGGER intervals_never_overlap_{name}")


class Migration(migrations.Migration):

    dependencies = [
        ('environments', '0004_targets_of_every_kind'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='environment',
            name='honour_windows',
            field=models.BooleanField(default=False, help_text='Run it while AWS maintains its databases and instances, and stop it afterwards.', verbose_name='up for maintenance'),
        ),
        migrations.CreateModel(
            name='Tag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='For example “demo” or “release 2”.', max_length=40, validators=[django.core.validators.RegexValidator('^[^\\s,#][^,#]*$', 'Without commas and number signs, and not empty.')], verbose_name='name')),
            ],
            options={
                'verbose_name': 'tag',
                'verbose_name_plural': 'tags',
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='one_tag_a_name', violation_error_message='There is a tag of this name already.')],
            },
        ),
        migrations.AddField(
            model_name='environment',
            name='tags',
            field=models.ManyToManyField(blank=True, help_text='Words to find it by, for example “demo”.', related_name='environments', to='environments.tag', verbose_name='tags'),
        ),
        migrations.CreateModel(
            name='Favourite',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('environment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='favourites', to='environments.environment', verbose_name='environment')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='favourites', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'favourite',
                'verbose_name_plural': 'favourites',
                'constraints': [models.UniqueConstraint(fields=('user', 'environment'), name='one_favourite_a_user')],
            },
        ),
        migrations.CreateModel(
            name='Interval',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('environment_name', models.CharField(max_length=80, verbose_name="environment's name")),
                ('target_name', models.CharField(max_length=200, verbose_name="target's name")),
                ('began_at', models.DateTimeField(verbose_name='began')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended')),
                ('began_by', models.CharField(choices=[('operation', 'an operation of the portal'), ('scan', 'a look at AWS')], max_length=12, verbose_name='beginning known from')),
                ('ended_by', models.CharField(blank=True, choices=[('operation', 'an operation of the portal'), ('scan', 'a look at AWS')], max_length=12, verbose_name='end known from')),
                ('environment', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='intervals', to='environments.environment', verbose_name='environment')),
                ('target', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='intervals', to='environments.target', verbose_name='target')),
                ('team', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='environments.team', verbose_name='team')),
            ],
            options={
                'verbose_name': 'interval',
                'verbose_name_plural': 'intervals',
                'ordering': ['-began_at', '-id'],
                'indexes': [models.Index(fields=['environment', 'began_at'], name='intervals_of_an_environment'), models.Index(fields=['target', 'began_at'], name='intervals_of_a_target')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('target',), name='one_open_interval_a_target'), models.CheckConstraint(condition=models.Q(('ended_at__isnull', True), ('ended_at__gt', models.F('began_at')), _connector='OR'), name='interval_ends_after_it_begins'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('ended_by', '')), models.Q(('ended_at__isnull', False), ('ended_by__gt', '')), _connector='OR'), name='interval_end_has_evidence')],
            },
        ),
        migrations.RunPython(forbid_overlap, allow_overlap),
    ]
