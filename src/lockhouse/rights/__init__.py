"""What the law gives data subjects, as clocks and statements."""
