"""Posture: does the house stand as it should? Pure checks over effects in the world that others looked up.

A check reads what is so (a file's owner, a copy that is there), not what a setting says. What could not be looked up
is an ERROR, and an ERROR is never a pass.
"""
