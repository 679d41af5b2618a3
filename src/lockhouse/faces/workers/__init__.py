"""What the child processes of `serve` do."""
