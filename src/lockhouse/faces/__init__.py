"""Where the outside meets the product: HTTP, pages, the command line. No decisions are made here."""
