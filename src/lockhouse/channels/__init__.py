"""One module a channel kind: the wire format of a provider, from raw bytes to events. Pure."""
