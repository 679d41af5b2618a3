"""What lies in quarantine passes the gate again: under the policy of now, the person's words of now, and its own times.

1 sort     whose keys have ended, or are ending, is not opened; nor is what is older than 72 hours
2 note     one `rework` entry a page: who asked, whose (as refs); also where nothing is to be stored
3 open     only with the ticket made from it
4 decide   as the gate decides, and no purpose that was shut when the event came
5 store    a record of its own, what is still lacking sealed again, in one commit: so twice stores once
"""

from __future__ import annotations

from lockhouse.gates.replay.page import Replaying, replay_page

__all__ = ["Replaying", "replay_page"]
