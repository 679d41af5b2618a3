"""The ledger: entries in lanes, lanes folded into one tree, and a verifier that stands alone.

Nothing is imported here: an auditor runs `lockhouse.ledger.verify` with `lockhouse.crypto` and
`lockhouse.errors` only, and importing it imports this file first. The bytes are in `docs/spec/ledger.md`.
"""
