"""Adapters: where ports meet the world. Wiring chooses among them; nothing below imports one."""
