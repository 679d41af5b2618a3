"""From authenticated items to sealed, noted records."""

from lockhouse.gates.collect.foresee import Foreseen, Foresight
from lockhouse.gates.collect.intake import Intake, collect_group

__all__ = ["Foreseen", "Foresight", "Intake", "collect_group"]
