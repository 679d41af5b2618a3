"""Both stores on PostgreSQL, 14 or newer: the only code that imports asyncpg.

`link` opens connections that may be believed, `sql` derives the statements, `reads` is `Reads`, `shelf` a shelf under
the engine that SQLite has too, `writer` runs it in a thread, `schema` makes and migrates the databases.
"""
