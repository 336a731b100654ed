"""Real servers on loopback, for tests and for trying the distributed engines: Elasticsearch and PostgreSQL from Maven's packages.

`python -m sample.servers elasticsearch` (or `postgres`) assembles one under `var/servers`, starts it and says its address.
They are no way to run a newsroom: no password, no encryption, and PostgreSQL does not wait for the disk.
"""
