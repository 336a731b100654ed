"""A backup: one tar file that holds the state as it was at one moment and the archive's files that it cites.

    beatwatch-backup.json        format, schema, time: enough to refuse a file that cannot be restored here
    state/<table>.jsonl.gz       one row a line, referenced tables first; the same for SQLite and PostgreSQL
    vault/<name>.warc.gz         the archive's files
    manifest.json                the same again, with rows, sizes and SHA-256 of every member

The manifest comes last, so a file that was cut off has none. It is no dump of a database's own, because a laptop's state
is to become a server's and the other way round. The search index is not in it: it is made anew from the state. Mails are
in the state. Files of the archive are copied after the state was read: a body is synced before its row is committed, so
they hold whatever the rows cite, and what a run appends meanwhile is left out behind the last whole record.
"""
