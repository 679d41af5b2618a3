"""The public collect listener: raw ASGI, no framework, a few microseconds above the server itself."""

from lockhouse.faces.collect.app import CollectApp
from lockhouse.faces.collect.ports import Collector, Hook, Limited, Sender, Watch

__all__ = ["CollectApp", "Collector", "Hook", "Limited", "Sender", "Watch"]
