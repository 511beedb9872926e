"""manage.py syncmodels: compares our prices with the gateway's catalogue."""

from typing import Any

from django.core.management.base import BaseCommand

from musicstudio.accounts.models import Team
from musicstudio.core.migrate import migrate_if_needed
from musicstudio.providers.connections import PriceProposal, ProposalState
from musicstudio.providers.sync import Synced, sync_all


class Command(BaseCommand):
    """Proposes changed prices for an admin to accept. Changes nothing by itself."""

    help = "Reads the gateway's model list and proposes changed prices. An admin accepts them on the prices page."

    def handle(self, *args: Any, **options: Any) -> None:
        migrate_if_needed()
        for team, found in (every := sync_all()):
            self.report(team, found)
        if not every:
            self.stdout.write("No team has a key for the gateway, so the listed prices stay in force.")

    def report(self, team: Team, found: Synced) -> None:
        """What one team's key was told."""
        if found.silent:
            self.stdout.write(f"{team.name}: the catalogue could not be read, so its prices stay in force. {found.silent}")
            return
        self.stdout.write(
            f"{team.name}: {found.models} music models listed, {found.proposed} new proposals, {found.unpriced} without a price."
        )
        for proposal in PriceProposal.objects.filter(team=team, state=ProposalState.OPEN).select_related("model"):
            self.stdout.write(f"  {proposal} (its own: {proposal.model.price_for(team) or 'none'})")
        for slug in found.unknown:
            self.stdout.write(f"  not in our catalogue: {slug}")
