"""Exports of consents, each by the columns of who wrote it: our own CSV, and those of the senders of newsletters.

A state that is not known rejects its row: nobody guesses a yes. A row that says nothing is nobody's no either.
"""

from lockhouse.channels.consents.klaviyo import Klaviyo
from lockhouse.channels.consents.mailchimp import MEMBERS, Mailchimp, Members, members_of
from lockhouse.channels.consents.plain import Plain
from lockhouse.channels.consents.reading import Of, Reader, Sorts, moment
from lockhouse.channels.consents.shopify import Shopify

__all__ = [
    "MEMBERS", "Klaviyo", "Mailchimp", "Members", "Of", "Plain", "Reader", "Shopify", "Sorts", "members_of", "moment",
]  # fmt: skip
