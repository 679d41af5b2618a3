"""Group commit: what every store does with the Changes that wait, said once.

`plain` is a Change as a store handles it, `Shelf` is where rows lie, `Engine` judges a group, keeps the ledger and
hands one transaction to the shelf. A new store writes a shelf and nothing else. `SharedDuty` is the ledger's part of a
writer that is not the only one.
"""
