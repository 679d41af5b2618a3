"""One file a kind; each makes one `KIND`, and is known by being here."""
