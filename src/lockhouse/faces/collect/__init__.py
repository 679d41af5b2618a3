"""The public collect listener: raw ASGI, no framework, a few microseconds above the server itself."""

from lockhouse.faces.collect.app import CollectApp
from lockhouse.faces.collect.ports import Collector, Limited, Sender, Watch

__all__ = ["CollectApp", "Collector", "Limited", "Sender", "Watch"]
