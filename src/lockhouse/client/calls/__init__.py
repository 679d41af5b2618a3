"""Every route as one method. Written by `python -m tests.client.made` from the routes."""

from __future__ import annotations

from lockhouse.client.calls.of_channel import ChannelCalls
from lockhouse.client.calls.of_consent import ConsentCalls
from lockhouse.client.calls.of_grant import GrantCalls
from lockhouse.client.calls.of_hold import HoldCalls
from lockhouse.client.calls.of_import import ImportCalls
from lockhouse.client.calls.of_insight import InsightCalls
from lockhouse.client.calls.of_key import KeyCalls
from lockhouse.client.calls.of_ledger import LedgerCalls
from lockhouse.client.calls.of_mail import MailCalls
from lockhouse.client.calls.of_person import PersonCalls
from lockhouse.client.calls.of_policy import PolicyCalls
from lockhouse.client.calls.of_proposal import ProposalCalls
from lockhouse.client.calls.of_recipient import RecipientCalls
from lockhouse.client.calls.of_request import RequestCalls
from lockhouse.client.calls.of_retention import RetentionCalls
from lockhouse.client.calls.of_suppression import SuppressionCalls
from lockhouse.client.calls.of_token import TokenCalls
from lockhouse.client.calls.of_training import TrainingCalls
from lockhouse.client.calls.of_version import VersionCalls
from lockhouse.client.calls.of_why import WhyCalls


class Calls(
    ChannelCalls,
    ConsentCalls,
    GrantCalls,
    HoldCalls,
    ImportCalls,
    InsightCalls,
    KeyCalls,
    LedgerCalls,
    MailCalls,
    PersonCalls,
    PolicyCalls,
    ProposalCalls,
    RecipientCalls,
    RequestCalls,
    RetentionCalls,
    SuppressionCalls,
    TokenCalls,
    TrainingCalls,
    VersionCalls,
    WhyCalls,
):
    """All of them."""
