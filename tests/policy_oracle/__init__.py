"""A second interpreter of the policy, written from docs/spec/policy.md alone.

It shares no code with the product but the YAML reader and the shape of an ask, so that an error must be made twice to
go unseen. It is slow, short and has no compiled form.
"""
