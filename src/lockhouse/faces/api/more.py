"""More of the table of routes (`faces.api.table`): what moves a house, as the command line does."""

from __future__ import annotations

from lockhouse.faces.api import deeds, entries, grants, looks, passed_on, policies, service, shapes, words
from lockhouse.faces.api.route import Needs, Route


def _may(permission: str) -> Needs:
    return Needs("permission", permission)


SERVICE = (
    (
        "channel", "pause", service.channel_pause,
        "Take a channel out of service: who sends is answered so, keeps it and tries again.",
    ),
    ("channel", "resume", service.channel_resume, "Put a channel that was paused back into service."),
    (
        "recipient", "pause", service.recipient_pause,
        "Take a recipient out of service: what is for it waits, in its order.",
    ),
    (
        "recipient", "resume", service.recipient_resume,
        "Put a recipient that was paused back into service: what waited goes out, the oldest first.",
    ),
)  # fmt: skip
MORE: tuple[Route, ...] = (
    Route(
        method="GET", path="/ledger/{entry}", name="ledger.show",
        about="One entry, with what lies beside it of a look until its person is erased.", needs=_may("ledger.read"),
        act=entries.show, answer=shapes.EntryWhole,
    ),
    Route(
        method="POST", path="/request/{request}/cancel", name="request.cancel",
        about="Undo a request that is only shut: what it shut is readable again.", needs=_may("request.cancel"),
        act=words.request_cancel, answer=shapes.CaseCancelled, body=shapes.Nothing, changes=True,
    ),
    Route(
        method="GET", path="/asked", name="request.asked",
        about="What providers passed on of customers and shops, to be answered by staff.", needs=_may("request.list"),
        act=passed_on.listed, answer=shapes.PassedOnList,
    ),
    Route(
        method="POST", path="/asked/{passed}/settle", name="request.settle",
        about="Say that what a provider passed on is answered, and how. It does nothing else.",
        needs=_may("request.settle"), act=passed_on.settle, answer=shapes.PassedOn, body=shapes.SettleAsked,
        changes=True,
    ),
    Route(
        method="POST", path="/policy/explain", name="policy.explain",
        about="Why a role sees a field so, for a purpose and such a person.", needs=_may("policy.explain"),
        act=policies.explained, answer=shapes.PolicyExplained, body=shapes.AboutAsked,
    ),
    Route(
        method="POST", path="/policy/diff", name="policy.diff",
        about="What a draft would change, and what of the data it ends. Changes nothing.", needs=_may("policy.diff"),
        act=policies.diff, answer=shapes.DraftShown, body=shapes.DraftAsked,
    ),
    Route(
        method="POST", path="/policy/propose", name="policy.propose",
        about="Propose a draft: it is a version that somebody may approve, and rules nothing yet.",
        needs=_may("policy.propose"), act=policies.proposed, answer=shapes.DraftProposed, body=shapes.DraftAsked,
        changes=True,
    ),
    Route(
        method="GET", path="/channel/{channel}/observed", name="channel.observed",
        about="What an observed channel sent: paths, shapes and counts, never a value.", needs=_may("channel.observed"),
        act=deeds.channel_observed, answer=shapes.ChannelObserved,
    ),
    Route(
        method="POST", path="/channel/{channel}/revoke", name="channel.revoke",
        about="End a write key for good: who sends with it is refused in every process.", needs=_may("channel.revoke"),
        act=deeds.channel_revoke, answer=shapes.ChannelEnded, body=shapes.KeyAsked, changes=True,
    ),
    Route(
        method="POST", path="/recipient/{recipient}/replay", name="recipient.replay",
        about="Let a recipient's dead letters wait again, the oldest first.", needs=_may("recipient.replay"),
        act=deeds.recipient_replay, answer=shapes.Requeued, body=shapes.Nothing, changes=True,
    ),
    Route(
        method="GET", path="/grant", name="grant.list",
        about="Every grant of a member of staff: what waits, what is open, what is to be reviewed.",
        needs=_may("grant.list"), act=grants.listed, answer=shapes.GrantList,
    ),
    Route(
        method="GET", path="/grant/{grant}", name="grant.show", about="One grant.", needs=_may("grant.list"),
        act=grants.show, answer=shapes.GrantShown, tagged=True,
    ),
    Route(
        method="POST", path="/grant/{grant}/end", name="grant.end",
        about="End a grant at once, in every process. People ask for another.", needs=_may("grant.end"),
        act=grants.end, answer=shapes.GrantShown, body=shapes.Nothing, changes=True,
    ),
    *(
        Route(
            method="POST", path=f"/{what}/{{{what}}}/{deed}", name=f"{what}.{deed}", about=about,
            needs=_may(f"{what}.pause"), act=act, answer=shapes.ServiceShown, body=shapes.Nothing, changes=True,
        )
        for what, deed, act, about in SERVICE
    ),
    Route(
        method="GET", path="/import", name="import.list",
        about="Every batch that was imported, and what became of its rows.", needs=_may("import.list"),
        act=deeds.import_list, answer=shapes.BatchList,
    ),
    Route(
        method="POST", path="/hold", name="hold.place",
        about="Keep what is held of persons for a claim alone, whatever ends meanwhile.", needs=_may("hold.place"),
        act=deeds.hold_place, answer=shapes.HoldPlaced, body=shapes.HoldAsked, changes=True,
    ),
    Route(
        method="GET", path="/hold/{hold}", name="hold.show", about="One hold: why, of whom, of what, and by whom.",
        needs=_may("hold.show"), act=deeds.hold_show, answer=shapes.HoldShown, tagged=True,
    ),
    Route(
        method="POST", path="/hold/{hold}/review", name="hold.review",
        about="Say that a hold was looked at and stands on, until it is looked at again.", needs=_may("hold.review"),
        act=deeds.hold_review, answer=shapes.HoldShown, body=shapes.ReviewAsked, changes=True,
    ),
    Route(
        method="POST", path="/hold/{hold}/release", name="hold.release",
        about="Destroy a hold's key: what has ended meanwhile is gone with it.", needs=_may("hold.release"),
        act=deeds.hold_release, answer=shapes.HoldShown, body=shapes.ReleaseAsked, changes=True,
    ),
    Route(
        method="GET", path="/key", name="key.status",
        about="How many keys of each kind there are, and how many were destroyed; never a key.",
        needs=_may("key.status"), act=deeds.key_status, answer=shapes.KeyStatus,
    ),
    Route(
        method="POST", path="/channel/{channel}/replay", name="channel.replay",
        about="Store what the policy lacked of a channel in stage trial, as far as it has it now.",
        needs=_may("channel.replay"), act=deeds.channel_replay, answer=shapes.ChannelReplayed, body=shapes.ReplayAsked,
        changes=True,
    ),
    Route(
        method="POST", path="/import/{batch}/undo", name="import.undo",
        about="Take a batch back: its records leave, and the ledger says so.", needs=_may("import.undo"),
        act=deeds.import_undo, answer=shapes.BatchUndone, body=shapes.UndoBatchAsked, changes=True,
    ),
    Route(
        method="POST", path="/person/{person}/link", name="person.link",
        about="Say that two source persons are one: they are shown and erased together.", needs=_may("person.link"),
        act=deeds.person_link, answer=shapes.PersonsLinked, body=shapes.OtherAsked, changes=True,
    ),
    Route(
        method="POST", path="/person/{person}/unlink", name="person.unlink",
        about="Undo that two source persons are one; every record goes back to whose it was.",
        needs=_may("person.link"), act=deeds.person_unlink, answer=shapes.PersonsUnlinked, body=shapes.OtherAsked,
        changes=True,
    ),
    Route(
        method="GET", path="/person/{person}/looked", name="person.looked",
        about="Who looked at a person, the newest looks first. Asking is a look too, and noted.",
        needs=Needs("look", "show"), act=looks.looked, answer=shapes.LooksShown, query=shapes.LooksAsked,
    ),
)  # fmt: skip
