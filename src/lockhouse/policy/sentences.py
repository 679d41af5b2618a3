"""Reason codes and what they say: what is hidden, why, what one can still do, and who can help.

A code is stable and part of the interface; its sentence is for the person in front of the screen.
"""

from __future__ import annotations

from datetime import UTC, datetime

SENTENCES: dict[str, str] = {
    "bad-value": "Not kept: the value is not one of its field's type. The rest of the event is. Ask who sends it.",
    "being-erased": "Shut: this person's data is being erased. It can be called off until it is destroyed. Ask a "
    "privacy officer (lockhouse request list).",
    "ceiling": "Hidden: the whole house has opened this class of as many people this hour as the policy allows. There "
    "is room again within the hour, and who was opened already still is. Ask a privacy officer.",
    "class-not-seen": "Hidden: your role does not see this class of data. Other fields may be open. For one case ask "
    "for a grant (lockhouse grant request), else an admin.",
    "colleague": "Hidden: this is a colleague's own record. Ask for a grant that names them (lockhouse grant request "
    "--person ID), or somebody whose role looks at colleagues.",
    "course-missing": "Hidden: a course your role needs is not recorded of you, or has lapsed. Take it. An admin "
    "records it (lockhouse training record WHO COURSE --until DAY).",
    "erased": "Shut: this person's data was erased. The certificate says when. Ask a privacy officer.",
    "flagged": "Hidden: this person is watched over. Ask for a grant that names them (lockhouse grant request --person "
    "ID), or somebody whose role looks at them.",
    "grant": "Hidden: this needs a grant from a colleague. Ask for one with your reason and a ticket (lockhouse grant "
    "request); somebody else approves it.",
    "hold": "Not undone: a legal hold keeps what this would take away. What is held stays until it is released. Ask a "
    "privacy officer (lockhouse hold list).",
    "keep-over": "Hidden: this was kept for this purpose as long as was promised. Another purpose may still hold it. "
    "Ask a privacy officer.",
    "minor": "Hidden: this person is a minor; optional purposes are shut. Orders stay open. Ask a privacy officer.",
    "network": "Hidden: your role works from named networks only. Say which is yours. An admin records it "
    "(lockhouse grant record WHO network NETWORK --until WHEN).",
    "no-consent": "Hidden: this person did not agree to this purpose. Orders stay open. Only they can agree.",
    "no-contract": "Not sent: there is no contract with this recipient. Add one. Ask a privacy officer.",
    "no-permission": "Refused: none of your roles may do this. Someone with the role can. Ask an admin.",
    "no-purpose": "Not kept: no purpose is live for this field. The other fields are kept. Ask the policy's owner.",
    "no-role": "Hidden: no role of yours works for this purpose. Choose a purpose of your own role. Ask an admin.",
    "no-such-purpose": "Refused: the policy has no such purpose. Choose one it names. Ask the policy's owner.",
    "no-such-recipient": "Not sent: the policy names no such recipient. Add it first. Ask the policy's owner.",
    "not-a-service": "Not sent: only the sending service sends. Queue a replay instead. Ask an admin.",
    "not-collected-for-it": "Hidden: when this was collected, it was not for this purpose. What was collected for it "
    "since is shown. Ask the policy's owner.",
    "not-for-this-purpose": "Hidden: this field is not kept for this purpose. Fields of the purpose are open. Ask the "
    "policy's owner.",
    "not-on-this-event": "Not kept: this event does not carry this field. Others are kept. Add it under events.",
    "not-their-purpose": "Not sent: the recipient may not use data for this purpose. Its own purposes go out. Ask the "
    "policy's owner.",
    "nothing-may-be-sent": "Not sent: of this event the recipient may have nothing. Others may get it. Ask the "
    "policy's owner.",
    "not-theirs": "Not sent: this field is not one of the recipient's. Its own fields go out. Ask the policy's owner.",
    "now-special": "Hidden: this field became special since; what came before is not opened as such. What came since "
    "is shown. Ask the policy's owner.",
    "objected": "Hidden: this person objected to this purpose. You can still see orders. Ask a privacy officer.",
    "only-masked": "Masked: this look sees it masked. A reveal, or another role, may see more. Ask an admin.",
    "opted-out": "Hidden: this person opted out of sale and sharing. Orders stay open. Only they can opt in again.",
    "other-class": "Hidden: this field was of another class when this came, which other roles see. What came since is "
    "shown. Ask the policy's owner.",
    "other-type": "Hidden: a field of this name held something else when this came: its type is another now. What came "
    "since is shown. Ask the policy's owner.",
    "own-record": "Hidden: this is your own record. You may have it as any customer may. Ask a colleague who may "
    "answer requests.",
    "quota": "Hidden: you have looked up as many people this hour as your role may. There is room again within the "
    "hour. An admin can raise it (lockhouse grant record WHO quota NUMBER --until WHEN).",
    "reason": "Masked: showing it needs a reason. State one of your role's and reveal it. Ask an admin for others.",
    "region": "Hidden: their region is unknown, so the strictest rule counts. Orders stay open. Add a country.",
    "restricted": "Hidden: this person's data is restricted. Legal duties stay open. Ask a privacy officer.",
    "review-due": "Not sent: the contract is due for review. Review it and send again. Ask a privacy officer.",
    "review-unknown": "Not sent: the review cannot be checked without a date. Check the clock. Ask an admin.",
    "separate-roles": "Refused: you hold two roles that one person must not hold. Give one back. Ask an admin.",
    "step-up": "Masked: showing it needs fresh proof of who you are. Prove it to an admin. They record it (lockhouse "
    "grant record WHO step-up MEANS --until WHEN).",
    "suppressed": "Hidden: this person asked to be left out of this purpose. Orders stay open. Ask a privacy officer.",
    "too-long": "Not kept: the value is longer than its type allows. The rest of the event is. Ask who sends it.",
    "too-old": "Not kept: the event is older than this may be kept. What may be kept longer is. Ask who sends it.",
    "tries": "Shut: this was checked as often as it may be in an hour: three times by one of you, nine by all. It can "
    "be checked again within the hour. Ask the caller for something else that you may check.",
    "undo-over": "Not undone: this was changed more than thirty days ago. Change it anew, on the person's word. Ask a "
    "privacy officer.",
    "undeclared": "Hidden: the policy does not name this field. Declared fields are kept. Add it under fields.",
}


_NOT_KEPT = {
    "minor": "Not kept: this person is a minor; optional purposes are shut. Orders are kept. Ask a privacy officer.",
    "no-consent": "Not kept: this person did not agree to what it would be kept for. Orders are kept. Only they can "
    "agree.",
    "no-such-event": "Not kept: the policy does not name this event on this channel. Others are kept. Add it under "
    "events, and to the channel if it lists its own.",
    "objected": "Not kept: this person objected to what it would be kept for. Orders are kept. Ask a privacy officer.",
    "opted-out": "Not kept: this person opted out of sale and sharing. Orders are kept. Only they can opt in again.",
    "region": "Not kept: their region is unknown, so the strictest rule counts. Orders are kept. Send a country.",
    "restricted": "Not kept: this person's data is restricted. Legal duties stay open. Ask a privacy officer.",
    "suppressed": "Not kept: this person asked to be left out of this purpose. Orders are kept. Ask a privacy officer.",
    "undeclared": "Not kept: the policy does not name this field. Declared fields are kept. Add it under fields.",
}
"""Codes that also say why something is hidden: here, why it was never stored."""


TRIAL = "keeps what the policy lacks sealed for 72 hours, for a replay under a policy that has it"
"""What stage `trial` does beside what `live` does."""


def spent_hour(limit: int, free_at: int, *, actor: str) -> str:
    """What is told of whoever has looked up as many people this hour as they may; `free_at` in ms."""
    return (
        f"You have opened {_people(limit)} this hour, your limit. It is free again at {_clock(free_at)}, or an admin "
        f"can raise it (lockhouse grant record {actor} quota NUMBER --until WHEN)."
    )


def out_of_tries(free_at: int) -> str:
    """What is told of whoever has checked a field of somebody as often as they may; `free_at` in ms."""
    return (
        "This was checked as often as it may be in an hour: three times by one of you, nine by all. It can be checked "
        f"again at {_clock(free_at)}. Ask the caller for something else that you may check."
    )


def over_limit(limit: int, free_at: int) -> str:
    """What is told beside a look beyond a limit that only observes."""
    return (
        f"Your limit is {_people(limit)} an hour, and this look is beyond it until {_clock(free_at)}. The limit only "
        "observes: where it is enforced this would be refused."
    )


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number:,} people"


def _clock(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%H:%M} UTC"


def not_kept(code: str) -> str:
    """Why a field of an event was not stored; an empty text for a code that is unknown."""
    return _NOT_KEPT.get(code) or SENTENCES.get(code, "")


def sentence(code: str) -> str:
    """The sentence of a reason code; every code the product uses has one."""
    return SENTENCES[code]
