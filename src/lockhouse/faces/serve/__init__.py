"""`lockhouse serve`: a supervisor over the writer, the collecting processes and the worker; and who reads along."""
