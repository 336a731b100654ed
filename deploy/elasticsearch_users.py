"""Roles and users of Elasticsearch, as `docker-compose.yml` needs them: run at every start, it changes what differs.

Three users: `kibana_system`, which Kibana itself is, only gets its password; `beatwatch` may do everything with its
own indices and put their templates, and nothing else; `analyst`, a person in Kibana, reads these indices. The program
itself never knows the password of the superuser, only this command does.

    python -m deploy.elasticsearch_users FOLDER     # FOLDER holds a file `elasticsearch_USER` with each password
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch

from pipeline.adapters.search_elastic import ElasticAddress, client_of
from pipeline.errors import BeatwatchError, SearchError, UsageError
from pipeline.settings import Settings, load_settings

KIBANA = "kibana_system"
ROLES: dict[str, dict[str, Any]] = {
    "beatwatch_indexer": {
        "cluster": ["manage_index_templates", "monitor"],
        "indices": [{"names": ["beatwatch*"], "privileges": ["all"]}],
    },
    "beatwatch_reader": {
        "indices": [{"names": ["beatwatch*"], "privileges": ["read", "view_index_metadata"]}],
    },
}
USERS = {
    "beatwatch": ["beatwatch_indexer"],
    "analyst": ["beatwatch_reader", "kibana_admin"],
}
"""`kibana_admin` is a role of Elasticsearch's own: all of Kibana, but no more data than the other roles show."""


def password(folder: Path, user: str) -> str:
    """The password of a user. Raises `UsageError` where its file cannot be read or is empty."""
    file = folder / f"elasticsearch_{user}"
    try:
        held = file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise UsageError(f"{file}: the password of {user} cannot be read: {error.strerror}") from error
    if not held:
        raise UsageError(f"{file}: it is empty: delete it and run `make secrets`")
    return held


def set_up(client: Elasticsearch, folder: Path) -> None:
    """Put roles, then users. Raises `UsageError` for a password, before anything is put."""
    passwords = {user: password(folder, user) for user in (KIBANA, *USERS)}
    for name, role in ROLES.items():
        client.security.put_role(name=name, **role)
    for user, roles in USERS.items():
        client.security.put_user(username=user, password=passwords[user], roles=roles)
    client.security.change_password(username=KIBANA, password=passwords[KIBANA])


def connect(settings: Settings) -> Elasticsearch:
    """A client with the rights of `elasticsearch_user`. Raises `UsageError` where address, user, password or authority
    is not set or cannot be used."""
    if settings.elasticsearch is None or settings.elasticsearch_user is None:
        raise UsageError("set BEATWATCH_ELASTICSEARCH, BEATWATCH_ELASTICSEARCH_USER and its password")
    secret = settings.search_secret()
    if not secret:
        raise UsageError(
            f"the password of {settings.elasticsearch_user} is empty: set BEATWATCH_ELASTICSEARCH_SECRET_FILE"
        )
    authority = str(settings.elasticsearch_ca) if settings.elasticsearch_ca else None
    address = ElasticAddress(settings.elasticsearch, ca_file=authority, user=settings.elasticsearch_user, secret=secret)
    return client_of(address)


def main() -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m deploy.elasticsearch_users", description="Put roles and users.")
    parser.add_argument("folder", type=Path, help="where the passwords are, a file elasticsearch_USER for each")
    folder: Path = parser.parse_args().folder
    try:
        settings = load_settings()
        with connect(settings) as client:
            try:
                set_up(client, folder)
            except (ApiError, TransportError) as error:
                raise SearchError(
                    f"{settings.elasticsearch}: {error}: see the log of the elasticsearch service"
                ) from error
    except BeatwatchError as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    print(f"{', '.join(ROLES)}; {', '.join(USERS)}, {KIBANA}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
