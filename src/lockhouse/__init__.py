"""Lockhouse: a self-hosted gate and vault for customer data. One policy, every channel, one lock."""

__version__ = "0.1.0"
