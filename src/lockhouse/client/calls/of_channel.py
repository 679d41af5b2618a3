"""What is asked of a house about: channel. Written by `python -m tests.client.made` from the routes."""

from __future__ import annotations

from lockhouse.client import shapes
from lockhouse.client.caller import Caller, Wanted


class ChannelCalls(Caller):
    """Routes of channel."""

    def channel_list(self) -> shapes.ChannelList:
        """Every channel, with its keys and what was not kept."""
        return self.ask(shapes.ChannelList, Wanted("GET", ("channel",)))

    def channel_show(self, channel: str) -> shapes.ChannelWhole:
        """One channel: what it may send and do, its keys by their first characters."""
        return self.ask(shapes.ChannelWhole, Wanted("GET", ("channel", channel)))

    def channel_drops(self, channel: str) -> shapes.Drops:
        """What a channel sent that was not kept: paths, reasons and counts."""
        return self.ask(shapes.Drops, Wanted("GET", ("channel", channel, "drops")))

    def channel_observed(self, channel: str) -> shapes.ChannelObserved:
        """What an observed channel sent: paths, shapes and counts, never a value."""
        return self.ask(shapes.ChannelObserved, Wanted("GET", ("channel", channel, "observed")))

    def channel_revoke(self, channel: str, asked: shapes.KeyAsked) -> shapes.ChannelEnded:
        """End a write key for good: who sends with it is refused in every process."""
        return self.ask(shapes.ChannelEnded, Wanted("POST", ("channel", channel, "revoke"), once=True), body=asked)

    def channel_pause(self, channel: str) -> shapes.ServiceShown:
        """Take a channel out of service: who sends is answered so, keeps it and tries again."""
        return self.ask(
            shapes.ServiceShown, Wanted("POST", ("channel", channel, "pause"), once=True), body=shapes.Nothing()
        )

    def channel_resume(self, channel: str) -> shapes.ServiceShown:
        """Put a channel that was paused back into service."""
        return self.ask(
            shapes.ServiceShown, Wanted("POST", ("channel", channel, "resume"), once=True), body=shapes.Nothing()
        )

    def channel_replay(self, channel: str, asked: shapes.ReplayAsked) -> shapes.ChannelReplayed:
        """Store what the policy lacked of a channel in stage trial, as far as it has it now."""
        return self.ask(shapes.ChannelReplayed, Wanted("POST", ("channel", channel, "replay"), once=True), body=asked)

    def channel_add(self, channel: str) -> shapes.KeyMade:
        """Make a write key for a channel that the policy has.

        It is told once, and stored as a keyed hash.
        """
        return self.ask(shapes.KeyMade, Wanted("POST", ("channel", channel, "key"), once=True), body=shapes.Nothing())

    def channel_rotate(self, channel: str, asked: shapes.OverlapAsked) -> shapes.KeyRotated:
        """Make a write key for a channel; those before it are taken for the overlap.

        And end by themselves.
        """
        return self.ask(shapes.KeyRotated, Wanted("POST", ("channel", channel, "rotate"), once=True), body=asked)
