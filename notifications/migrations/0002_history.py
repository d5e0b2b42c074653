import notifications.models.channel
import notifications.senders.registry
import portal.history
import simple_history.models
from django.db import migrations, models
from django.utils import timezone


def keep_what_is_there(apps, schema_editor):
    """The first change of each channel has something to differ from."""
    history = apps.get_model("notifications", "HistoricalChannel")
    names = ["id", "name", "kind", "language", "enabled", "event_kinds"]
    kept = {"history_date": timezone.now(), "history_type": "+", "history_origin": "", "history_address": None}
    rows = apps.get_model("notifications", "Channel").objects.order_by("pk").values(*names)
    history.objects.bulk_create([history(**kept, **row) for row in rows])


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='HistoricalChannel',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('history_origin', models.CharField(blank=True, choices=[('web', 'page'), ('bot', 'chat'), ('api', 'API'), ('link', 'link in a message'), ('command', 'command line'), ('portal', 'the portal itself'), ('', 'before changes were kept')], default=portal.history.current_origin, editable=False, max_length=8)),
                ('history_address', models.GenericIPAddressField(default=portal.history.current_address, editable=False, null=True)),
                ('history_beside', models.JSONField(default=dict, editable=False)),
                ('name', models.CharField(db_index=True, max_length=100, verbose_name='name')),
                ('kind', models.CharField(choices=notifications.senders.registry.choices, default='discord', max_length=30, verbose_name='kind')),
                ('language', models.CharField(choices=notifications.models.channel.language_choices, default=notifications.models.channel.default_language, help_text='Messages over this channel are written in this language.', max_length=10, verbose_name='language')),
                ('enabled', models.BooleanField(default=True, help_text='While switched off, new events are not sent here; messages that already wait go out when it is on again.', verbose_name='switched on')),
                ('event_kinds', models.JSONField(blank=True, default=list, help_text='Which kinds of events are sent here. None chosen: all of them.', verbose_name='events')),
                ('history_user_id', models.BigIntegerField(db_index=True, null=True)),
                ('history_id', models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
            ],
            options={
                'verbose_name': 'historical channel',
                'verbose_name_plural': 'historical channels',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
                'default_permissions': (),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.RunPython(keep_what_is_there, migrations.RunPython.noop),
    ]
