"""The console's pages: one module a subject, each with its routes."""
