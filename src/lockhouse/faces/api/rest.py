"""The rest of the table of routes (`faces.api.table`): what is weighed, watched over and due to end."""

from __future__ import annotations

from lockhouse.faces.api import deeds, endings, oversight, persons, proposals, shapes
from lockhouse.faces.api.route import Needs, Route


def _may(permission: str) -> Needs:
    return Needs("permission", permission)


REST: tuple[Route, ...] = (
    Route(
        method="GET", path="/proposal", name="proposal.list",
        about="Pairs of source persons who may be one, the newest first, of half a year.", needs=_may("person.link"),
        act=proposals.listed, answer=shapes.ProposalList, query=shapes.ProposalsAsked,
    ),
    Route(
        method="POST", path="/proposal/compare", name="proposal.compare",
        about="Which further fields of the two agree, and which differ. It is noted; no value is told.",
        needs=_may("person.link"), act=proposals.compare, answer=shapes.Compared, body=shapes.PairAsked, changes=True,
    ),
    Route(
        method="POST", path="/proposal/accept", name="proposal.accept",
        about="The two are one: they are shown and erased together from now on.", needs=_may("person.link"),
        act=proposals.accept, answer=shapes.PersonsLinked, body=shapes.PairAsked, changes=True,
    ),
    Route(
        method="POST", path="/proposal/refuse", name="proposal.refuse",
        about="The two are not one: they are not proposed any more.", needs=_may("person.link"),
        act=proposals.refuse, answer=shapes.ProposalRefused, body=shapes.PairAsked, changes=True,
    ),
    Route(
        method="GET", path="/insight/report", name="insight.report",
        about="Events and people by channel or by event; small counts of people are withheld. The look is noted.",
        needs=Needs("look", "count"), act=oversight.report, answer=shapes.Report, query=shapes.ReportAsked,
    ),
    Route(
        method="GET", path="/policy/suggest", name="policy.suggest",
        about="YAML for what observed channels send and the policy does not name. Changes nothing.",
        needs=_may("policy.suggest"), act=oversight.suggest, answer=shapes.Suggested, query=shapes.SuggestAsked,
    ),
    Route(
        method="POST", path="/channel/{channel}/key", name="channel.add",
        about="Make a write key for a channel that the policy has. It is told once, and stored as a keyed hash.",
        needs=_may("channel.add"), act=deeds.channel_add, answer=shapes.KeyMade, body=shapes.Nothing, changes=True,
    ),
    Route(
        method="POST", path="/channel/{channel}/rotate", name="channel.rotate",
        about="Make a write key for a channel; those before it are taken for the overlap, and end by themselves.",
        needs=_may("channel.rotate"), act=deeds.channel_rotate, answer=shapes.KeyRotated, body=shapes.OverlapAsked,
        changes=True,
    ),
    Route(
        method="GET", path="/mail", name="mail.list",
        about="The house's own mail that is not sent: kinds and tries, never to whom or what it says.",
        needs=_may("mail.list"), act=oversight.mail_list, answer=shapes.MailList,
    ),
    Route(
        method="POST", path="/mail/retry", name="mail.retry",
        about="Let mail that was given up wait again, and try at once what waits.", needs=_may("mail.retry"),
        act=oversight.mail_retry, answer=shapes.MailRetried, body=shapes.MailAsked, changes=True,
    ),
    Route(
        method="GET", path="/training", name="training.show",
        about="Every recorded course, who vouched for it and until when.", needs=_may("training.report"),
        act=oversight.courses, answer=shapes.CourseList,
    ),
    Route(
        method="GET", path="/fact", name="grant.recorded",
        about="Every fact that was vouched for, by whom and until when.", needs=_may("grant.list"),
        act=oversight.facts, answer=shapes.FactList,
    ),
    Route(
        method="POST", path="/person/{person}/check", name="person.check",
        about="Whether a field is what somebody says: yes or no, noted, and nothing of it is told.",
        needs=Needs("look", "check"), act=persons.check, answer=shapes.Checked, body=shapes.CheckAsked,
    ),
    Route(
        method="POST", path="/person/{person}/flag", name="person.flag",
        about="Watch over a person: only some roles see them from now on, or a grant. People end it, not tokens.",
        needs=_may("person.flag"), act=oversight.flag_person, answer=shapes.FlagShown, body=shapes.FlagAsked,
        changes=True,
    ),
    Route(
        method="GET", path="/flagged", name="person.flagged", about="Everybody who is watched over, by id.",
        needs=_may("person.flag"), act=oversight.flagged, answer=shapes.FlagList,
    ),
    Route(
        method="GET", path="/retention/plan", name="retention.plan",
        about="Which months of collection end when, compartment by compartment. Changes nothing.",
        needs=_may("retention.plan"), act=endings.plan, answer=shapes.RetentionPlan,
    ),
    Route(
        method="GET", path="/retention/idle", name="retention.idle",
        about="Of how many persons data is due by their last activity. Reads every person, and changes nothing.",
        needs=_may("retention.plan"), act=endings.idle, answer=shapes.IdleList,
    ),
    Route(
        method="POST", path="/request/{request}/fulfil", name="request.fulfil",
        about="Destroy the keys of a request whose cooling time has passed; nothing brings the data back.",
        needs=_may("request.fulfil"), act=endings.fulfil, answer=shapes.CaseFulfilled, body=shapes.Nothing,
        changes=True,
    ),
    Route(
        method="GET", path="/request/{request}/certificate", name="request.certificate",
        about="The certificate of a fulfilled request. It verifies without this house.", needs=_may("request.show"),
        act=endings.certificate, answer=shapes.Certificate,
    ),
    Route(
        method="POST", path="/hold/{hold}/read", name="hold.read",
        about="What a hold keeps of one of its persons, for its claim. Noted before it is opened.",
        needs=_may("hold.read"), act=endings.held, answer=shapes.HeldShown, body=shapes.HeldAsked,
    ),
    Route(
        method="POST", path="/consent/undo", name="consent.undo",
        about="Take back what an imported file said of consent: what stood before counts again.",
        needs=_may("consent.undo"), act=endings.take_words_back, answer=shapes.WordsTakenBack, body=shapes.WordsAsked,
        changes=True,
    ),
)  # fmt: skip
