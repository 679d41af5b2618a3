"""A year of real shop transactions through two channels, what is done to it afterwards, and what the house can show."""
