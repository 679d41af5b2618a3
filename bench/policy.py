"""The policy of the measured house: the shipped retail template with two channels, as a shop would have it."""

POLICY = """
policy: 1
extends: retail@1
controller: {name: Northwind, contact: privacy@northwind.example, regulations: [gdpr],
  region: {from: [shipping_country, account_country], unknown: strictest}}
channels:
  shop: {kind: segment, key: secret, stage: live}
"""
"""No recipient: an outbox row would be the same work sealed and unsealed, and would flatter the ratio."""
CHANNEL = "shop"
