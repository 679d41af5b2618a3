"""What is asked of a house about: policy. Written by `python -m tests.client.made` from the routes."""

from __future__ import annotations

from lockhouse.client import shapes
from lockhouse.client.caller import Caller, Wanted


class PolicyCalls(Caller):
    """Routes of policy."""

    def policy_show(self) -> shapes.PolicyShown:
        """The policy that rules, as it was approved."""
        return self.ask(shapes.PolicyShown, Wanted("GET", ("policy",)))

    def policy_history(self) -> shapes.PolicyHistory:
        """Every version that was proposed or approved, with who and when."""
        return self.ask(shapes.PolicyHistory, Wanted("GET", ("policy", "history")))

    def policy_matrix(self, asked: shapes.MatrixAsked | None = None) -> shapes.PolicyMatrix:
        """Who sees what by the policy that rules."""
        return self.ask(shapes.PolicyMatrix, Wanted("GET", ("policy", "matrix")), query=asked)
