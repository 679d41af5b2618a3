"""The routes: all that there is under `/api/v1`, each once.

What the command line lets the operating system's user do without a permission, because they can read the house's files
anyway, needs one here.
"""

from __future__ import annotations

from lockhouse.faces.api import entries, keys, persons, reads, shapes, words
from lockhouse.faces.api.more import MORE
from lockhouse.faces.api.rest import REST
from lockhouse.faces.api.route import Needs, Route

TOKEN = Needs("token")


def _may(permission: str) -> Needs:
    return Needs("permission", permission)


def _looks(action: str) -> Needs:
    return Needs("look", action)


ROUTES: tuple[Route, ...] = (
    Route(
        method="GET", path="/version", name="version", about="Which Lockhouse this is.", needs=TOKEN,
        act=reads.version, answer=shapes.Version, tagged=True,
    ),
    Route(
        method="GET", path="/policy", name="policy.show", about="The policy that rules, as it was approved.",
        needs=_may("policy.show"), act=reads.policy_show, answer=shapes.PolicyShown, tagged=True,
    ),
    Route(
        method="GET", path="/policy/history", name="policy.history",
        about="Every version that was proposed or approved, with who and when.", needs=_may("policy.history"),
        act=reads.policy_history, answer=shapes.PolicyHistory,
    ),
    Route(
        method="GET", path="/policy/matrix", name="policy.matrix", about="Who sees what by the policy that rules.",
        needs=_may("policy.matrix"), act=reads.policy_matrix, answer=shapes.PolicyMatrix, query=shapes.MatrixAsked,
    ),
    Route(
        method="GET", path="/channel", name="channel.list",
        about="Every channel, with its keys and what was not kept.", needs=_may("channel.list"),
        act=reads.channel_list, answer=shapes.ChannelList,
    ),
    Route(
        method="GET", path="/channel/{channel}", name="channel.show",
        about="One channel: what it may send and do, its keys by their first characters.", needs=_may("channel.show"),
        act=reads.channel_show, answer=shapes.ChannelWhole, tagged=True,
    ),
    Route(
        method="GET", path="/channel/{channel}/drops", name="channel.drops",
        about="What a channel sent that was not kept: paths, reasons and counts.", needs=_may("channel.drops"),
        act=reads.channel_drops, answer=shapes.Drops,
    ),
    Route(
        method="GET", path="/recipient", name="recipient.list", about="Every recipient, and what waits for it.",
        needs=_may("recipient.list"), act=reads.recipient_list, answer=shapes.RecipientList,
    ),
    Route(
        method="GET", path="/recipient/{recipient}", name="recipient.show",
        about="One recipient: what it may have, under which contract, and what waits for it.",
        needs=_may("recipient.show"), act=reads.recipient_show, answer=shapes.RecipientWhole, tagged=True,
    ),
    Route(
        method="POST", path="/why", name="why", about="What became of one message, and why; never its values.",
        needs=_may("channel.why"), act=reads.why, answer=shapes.WhyShown, body=shapes.WhyAsked,
    ),
    Route(
        method="GET", path="/ledger", name="ledger.log", about="Ledger entries, the newest first, a page at a time.",
        needs=_may("ledger.read"), act=entries.log, answer=shapes.EntryPage, query=shapes.EntriesAsked,
    ),
    Route(
        method="GET", path="/ledger/checkpoint", name="ledger.checkpoint", about="Sign the log as it stands now.",
        needs=_may("ledger.read"), act=entries.checkpoint, answer=shapes.CheckpointShown,
    ),
    Route(
        method="GET", path="/ledger/{entry}/proof", name="ledger.prove",
        about="An entry with its place in the tree, under a fresh checkpoint.", needs=_may("ledger.read"),
        act=entries.prove, answer=shapes.ProofShown,
    ),
    Route(
        method="POST", path="/person/find", name="person.find",
        about="Find people by an identifier or a look-up. The value stands in the body, never in a URL.",
        needs=_looks("find"), act=persons.find, answer=shapes.PersonsFound, body=shapes.FindAsked,
    ),
    Route(
        method="GET", path="/person/{person}", name="person.show", about="One person, masked. The look is noted.",
        needs=_looks("show"), act=persons.show, answer=shapes.PersonShown, query=shapes.LookAsked,
    ),
    Route(
        method="GET", path="/person/{person}/timeline", name="person.timeline",
        about="A person's records, the newest page first. The look is noted.", needs=_looks("timeline"),
        act=persons.timeline, answer=shapes.TimelineShown, query=shapes.TimelineAsked,
    ),
    Route(
        method="POST", path="/person/{person}/reveal", name="person.reveal",
        about="One person, unmasked as far as role and reason allow; what asks for a step-up stays masked.",
        needs=_looks("reveal"), act=persons.reveal, answer=shapes.PersonShown, body=shapes.RevealAsked,
    ),
    Route(
        method="POST", path="/person/{person}/change", name="person.change",
        about="Put right a field of a person, on their word; undone within thirty days. It is noted.",
        needs=_looks("change"), act=persons.change, answer=shapes.Changed, body=shapes.ChangeAsked, changes=True,
    ),
    Route(
        method="POST", path="/person/{person}/change/undo", name="person.change.undo",
        about="Take the newest change of a field back: what was held before is held again. It is noted.",
        needs=_looks("change"), act=persons.undo, answer=shapes.ChangeUndone, body=shapes.UndoAsked, changes=True,
    ),
    Route(
        method="GET", path="/person/{person}/explain/{field}", name="person.explain",
        about="Why a field of a person is open, masked or shut. The look is noted.", needs=_looks("show"),
        act=persons.explain, answer=shapes.ExplainShown, query=shapes.LookAsked,
    ),
    Route(
        method="GET", path="/person/{person}/consent", name="consent.show", about="Everything a person said.",
        needs=_may("consent.show"), act=words.consent_show, answer=shapes.WordList,
    ),
    Route(
        method="POST", path="/person/{person}/consent", name="consent.record",
        about="Record a person's word on a purpose; every decision reads it from now on.",
        needs=_may("consent.record"), act=words.consent_record, answer=shapes.WordRecorded, body=shapes.WordAsked,
        changes=True,
    ),
    Route(
        method="GET", path="/suppression", name="suppression.list",
        about="Every suppression by kind, purposes and reason.", needs=_may("suppression.list"),
        act=words.suppression_list, answer=shapes.SuppressionList,
    ),
    Route(
        method="POST", path="/suppression", name="suppression.add",
        about="Keep an identifier from being collected again.", needs=_may("suppression.add"),
        act=words.suppression_add, answer=shapes.Suppressed, body=shapes.SuppressAsked, changes=True,
    ),
    Route(
        method="POST", path="/suppression/remove", name="suppression.remove",
        about="Lift a suppression; who did and why is noted.", needs=_may("suppression.remove"),
        act=words.suppression_remove, answer=shapes.Lifted, body=shapes.LiftAsked, changes=True,
    ),
    Route(
        method="GET", path="/request", name="request.list",
        about="Every request and ending, and how far it has come.", needs=_may("request.list"),
        act=words.request_list, answer=shapes.CaseList,
    ),
    Route(
        method="POST", path="/request", name="request.open",
        about="Open a request: the person is shut in every process at once, and destroyed after a cooling time.",
        needs=_may("request.open"), act=words.request_open, answer=shapes.CaseOpened, body=shapes.OpenAsked,
        changes=True,
    ),
    Route(
        method="GET", path="/request/{request}", name="request.show", about="One request, and how far it has come.",
        needs=_may("request.show"), act=words.request_show, answer=shapes.CaseWhole, tagged=True,
    ),
    Route(
        method="GET", path="/hold", name="hold.list", about="Every legal hold, also the released ones.",
        needs=_may("hold.list"), act=reads.hold_list, answer=shapes.HoldList,
    ),
    Route(
        method="GET", path="/token", name="token.list", about="Every token: what it may, until when, when last used.",
        needs=_may("token.list"), act=keys.listed, answer=shapes.TokenList,
    ),
    Route(
        method="POST", path="/token", name="token.create",
        about="Make a token, with no more than the one that asks. Its text is in this answer and nowhere else.",
        needs=_may("token.create"), act=keys.create, answer=shapes.TokenMade, body=shapes.TokenAsked,
    ),
    Route(
        method="GET", path="/token/{token}", name="token.show", about="One token.", needs=_may("token.show"),
        act=keys.show, answer=shapes.TokenShown, tagged=True,
    ),
    Route(
        method="POST", path="/token/{token}/rotate", name="token.rotate",
        about="Make a token of the same terms; the old one is taken beside it for a while.",
        needs=_may("token.rotate"), act=keys.rotate, answer=shapes.TokenMade, body=shapes.RotateAsked,
    ),
    Route(
        method="POST", path="/token/{token}/revoke", name="token.revoke",
        about="End a token for good; it is not undone, make another.", needs=_may("token.revoke"), act=keys.revoke,
        answer=shapes.TokenShown, body=shapes.Nothing, changes=True,
    ),
    *MORE,
    *REST,
)  # fmt: skip
