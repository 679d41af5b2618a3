"""The policy of the measured house: the shipped retail template with one channel, as a shop would have it.

A usual order makes the three boxes that the design asks for (contact, transactions to keep, transactions to
understand). No recipient: an outbox row would be the same work sealed and unsealed, and would flatter the ratio.
"""

POLICY = """
policy: 1
extends: retail@1
controller: {name: Northwind, contact: privacy@northwind.example, regulations: [gdpr],
  region: {from: [shipping_country, account_country], unknown: strictest}}
channels:
  shop: {kind: segment, key: secret, stage: live}
"""
CHANNEL = "shop"
