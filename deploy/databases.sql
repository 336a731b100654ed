-- Run once by PostgreSQL's container, when its volume is empty: two users, each with a database that is theirs alone.
-- Passwords are read from the mounted files by psql itself, so that they stand in no command line and no environment.
\set beatwatch_password `cat /run/secrets/postgres_beatwatch`
\set prefect_password `cat /run/secrets/postgres_prefect`

CREATE ROLE beatwatch LOGIN PASSWORD :'beatwatch_password';
CREATE ROLE prefect LOGIN PASSWORD :'prefect_password';

CREATE DATABASE beatwatch OWNER beatwatch ENCODING 'UTF8' TEMPLATE template0;
CREATE DATABASE prefect OWNER prefect ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE beatwatch, prefect FROM PUBLIC;

\connect prefect
-- Prefect's server searches names with it and does not start without.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
