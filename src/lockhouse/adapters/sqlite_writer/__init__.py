"""The one writer of a house on SQLite: the only code that imports apsw.

`shelf` holds the two files, `local` runs the writer in a thread of this process, `server` as a process of its own
behind a socket. apsw carries a current SQLite; the standard library's older one must never have the same files open
in the same process, so reads beside a local writer go through `reads` here.
"""
