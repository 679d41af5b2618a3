"""The policy of the measured house: the shipped retail template with one channel, as a shop would have it.

`currency` serves the same purposes as the order's number, so that a usual order makes the three boxes that the design
asks for (contact, transactions to keep, transactions to understand). No recipient: an outbox row would be the same work
sealed and unsealed, and would flatter the ratio.
"""

POLICY = """
policy: 1
extends: retail@1
controller: {name: Northwind, contact: privacy@northwind.example, regulations: [gdpr],
  region: {from: [shipping_country, account_country], unknown: strictest}}
fields:
  currency: {type: text, class: transactions, for: [fulfilment, accounting], minimise: truncate 3}
channels:
  shop: {kind: segment, key: secret, stage: live}
"""
CHANNEL = "shop"
