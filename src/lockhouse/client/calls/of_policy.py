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

    def policy_explain(self, asked: shapes.AboutAsked) -> shapes.PolicyExplained:
        """Why a role sees a field so, for a purpose and such a person."""
        return self.ask(shapes.PolicyExplained, Wanted("POST", ("policy", "explain")), body=asked)

    def policy_diff(self, asked: shapes.DraftAsked) -> shapes.DraftShown:
        """What a draft would change, and what of the data it ends. Changes nothing."""
        return self.ask(shapes.DraftShown, Wanted("POST", ("policy", "diff")), body=asked)

    def policy_propose(self, asked: shapes.DraftAsked) -> shapes.DraftProposed:
        """Propose a draft: it is a version that somebody may approve, and rules nothing yet."""
        return self.ask(shapes.DraftProposed, Wanted("POST", ("policy", "propose"), once=True), body=asked)

    def policy_suggest(self, asked: shapes.SuggestAsked | None = None) -> shapes.Suggested:
        """YAML for what observed channels send and the policy does not name. Changes nothing."""
        return self.ask(shapes.Suggested, Wanted("GET", ("policy", "suggest")), query=asked)
