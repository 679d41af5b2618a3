"""From authenticated items to sealed, noted records."""

from lockhouse.gates.collect.intake import Intake, collect_group

__all__ = ["Intake", "collect_group"]
