"""manage.py syncmodels: compares our prices with the gateway's catalogue."""

from typing import Any

from django.core.management.base import BaseCommand

from musicstudio.core.migrate import migrate_if_needed
from musicstudio.providers.connections import PriceProposal, ProposalState
from musicstudio.providers.sync import sync


class Command(BaseCommand):
    """Proposes changed prices for an admin to accept. Changes nothing by itself."""

    help = "Reads the gateway's model list and proposes changed prices. An admin accepts them on the prices page."

    def handle(self, *args: Any, **options: Any) -> None:
        migrate_if_needed()
        found = sync()
        if found.silent:
            self.stdout.write(f"The catalogue could not be read, so ours stays in force. {found.silent}")
            return
        self.stdout.write(
            f"{found.models} music models listed, {found.proposed} new proposals, {found.unpriced} without a price."
        )
        for proposal in PriceProposal.objects.filter(state=ProposalState.OPEN).select_related("model"):
            self.stdout.write(f"  {proposal} (ours: {proposal.model.price or 'none'})")
        for slug in found.unknown:
            self.stdout.write(f"  not in our catalogue: {slug}")
