"""The commands that are asked of a house elsewhere, one function each; `faces.cli.elsewhere` lists them."""
