"""`lockhouse policy schema`: the form of a policy file, for editors."""

from __future__ import annotations

from lockhouse.faces.cli.layout import Said
from lockhouse.policy import schema as schemas


def schema() -> Said:
    """The form of a policy file as JSON Schema, so that an editor offers its words and marks wrong ones.

    A new house has it beside its policy, whose first line names it to the YAML language server. After an upgrade:
    `lockhouse policy schema > policy.schema.json`. Names that must exist elsewhere only `lockhouse policy check` tells.
    """
    return Said(schemas.schema(), schemas.schema_text().rstrip())
