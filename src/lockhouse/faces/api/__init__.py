"""The HTTP API under `/api/v1`: one table of routes, of which the router, the authorisation and OpenAPI are made."""
