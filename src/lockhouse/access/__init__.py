"""Who acts, and as what."""
