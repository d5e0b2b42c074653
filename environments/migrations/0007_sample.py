from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('environments', '0006_history'),
    ]

    operations = [
        migrations.CreateModel(
            name='SampleRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('model', models.CharField(max_length=100, verbose_name='model')),
                ('object_id', models.PositiveBigIntegerField(verbose_name='id')),
                ('as_made', models.JSONField(default=dict, verbose_name='as it was written')),
            ],
            options={
                'verbose_name': 'row of the sample',
                'verbose_name_plural': 'rows of the sample',
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('model', 'object_id'), name='one_sample_record_a_row')],
            },
        ),
    ]
