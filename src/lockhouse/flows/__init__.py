"""One file a verb. Flows do not call each other; each is one story through the gates and the ports."""
