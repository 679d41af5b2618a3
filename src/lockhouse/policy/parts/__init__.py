"""One file for each kind of section of the document; each reads, checks its references and notes what is wrong."""
