"""Who is who: canonical identifiers, matching to source persons, folding what was seen of one person. Pure."""
