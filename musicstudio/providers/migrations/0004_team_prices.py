"""Prices and proposals become a team's own. What an admin entered before belongs to a team of that admin."""

import django.db.models.deletion
from django.db import migrations, models


def give_to_teams(apps, schema_editor):
    """What was proposed is forgotten: the next daily comparison proposes it again, team by team."""
    apps.get_model("providers", "PriceProposal").objects.all().delete()
    membership = apps.get_model("accounts", "Membership")
    for price in apps.get_model("providers", "Price").objects.exclude(created_by=None):
        place = membership.objects.filter(user=price.created_by_id).order_by("pk").first()
        if place is not None:
            price.team_id = place.team_id
            price.save(update_fields=["team"])


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("providers", "0003_merge"),
    ]

    operations = [
        migrations.AddField(
            model_name="price",
            name="team",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="prices",
                to="accounts.team",
            ),
        ),
        migrations.RemoveConstraint(model_name="priceproposal", name="proposal_once"),
        migrations.AddField(
            model_name="priceproposal",
            name="team",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="price_proposals", to="accounts.team"
            ),
        ),
        migrations.RunPython(give_to_teams, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="priceproposal",
            name="team",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="price_proposals", to="accounts.team"
            ),
        ),
        migrations.AddConstraint(
            model_name="priceproposal",
            constraint=models.UniqueConstraint(fields=("team", "model", "amount_micros", "unit"), name="proposal_once"),
        ),
    ]
