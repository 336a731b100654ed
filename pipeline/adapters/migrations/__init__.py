"""The history of the schema, applied when a database is opened; packaged, so that a wheel can upgrade as well."""
