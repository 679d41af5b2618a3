"""House rules: what review would repeat, as small checks with good and bad examples."""
