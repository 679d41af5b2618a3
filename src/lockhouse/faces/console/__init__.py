"""The console: what staff see in a browser, on a listener of its own."""
