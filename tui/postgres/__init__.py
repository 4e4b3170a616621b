"""PostgreSQL: sessions with their safety settings, evidence of commits, locks, progress, catalog and
fingerprints.

Everything here is asynchronous and takes a `Session` (see `connect`), the only owner of a connection.
Queries lie in `queries/*.sql`, one a file, and are read with `query("name")`.
"""
