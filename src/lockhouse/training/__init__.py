"""Training as a condition of access: which courses are in force for an actor."""
