# as: src/lockhouse/gates/example.py
"""Allows what is not there, without a reason, and in a form nobody knows."""

import time

SIZE = 3  # house: allow no-clock: nothing here reads a clock  # finds: suppression
AT = time.time()  # house: allow no-clock  # finds: suppression no-clock
WHEN = time.time()  # house: please look away  # finds: suppression no-clock
