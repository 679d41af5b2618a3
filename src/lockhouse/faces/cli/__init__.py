"""The command line: `lockhouse NOUN VERB`, for people at a terminal and, with `--json`, for scripts.

A command reads its words, calls one flow and lays out the answer; it decides nothing. What a person typed is never
echoed in an error, and a personal value is never taken from the command line itself.
"""
