"""The only code that seals and opens: collect, disclose, rework."""
