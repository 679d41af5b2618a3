"""The policy: parsed strictly, compiled once, then asked on every path. Pure: no I/O, no clock, no randomness."""
