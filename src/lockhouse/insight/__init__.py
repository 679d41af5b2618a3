"""Counts that say something about shops and nothing about a person."""
