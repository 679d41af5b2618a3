"""Rows of a file as events: CSV and JSON Lines read row by row, each row an event or a reject."""

from lockhouse.channels.table.assemble import Assembler
from lockhouse.channels.table.csv_rows import csv_head, csv_rows
from lockhouse.channels.table.json_rows import json_heads, json_rows, tree_rows
from lockhouse.channels.table.lines import MAX_ROW_CHARS, NOT_TEXT

__all__ = ["MAX_ROW_CHARS", "NOT_TEXT", "Assembler", "csv_head", "csv_rows", "json_heads", "json_rows", "tree_rows"]
