"""A real S3-compatible server for tests (moto's, in a process of its own on loopback), with access control switched on."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from crawlers.vault.place import S3Place

BUCKET = "pages"
_SERVE = """
import logging, sys
from moto.server import ThreadedMotoServer
logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""
_FREE_ACTIONS = 6  # what `_furnish` does; from then on the server checks keys and signatures
_ALL_OF_S3 = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}


@dataclass(frozen=True, slots=True)
class Key:
    """An access key."""

    id: str
    secret: str


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """The server: `worker` may do everything in the bucket, `stranger` nothing."""

    endpoint: str
    worker: Key
    stranger: Key

    def place(self, prefix: str = "", *, bucket: str = BUCKET, key: Key | None = None) -> S3Place:
        """A place in it."""
        key = key or self.worker
        return S3Place(bucket, prefix, self.endpoint, "us-east-1", key.id, key.secret)


@contextmanager
def object_store() -> Iterator[ObjectStore]:
    """A server with one bucket, ended with the block."""
    environment = {**os.environ, "INITIAL_NO_AUTH_ACTION_COUNT": str(_FREE_ACTIONS)}
    server = subprocess.Popen(
        [sys.executable, "-c", _SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True, env=environment,
    )  # fmt: skip
    with server:
        assert server.stdout is not None
        endpoint = f"http://127.0.0.1:{int(server.stdout.readline())}"
        try:
            yield ObjectStore(endpoint, *_furnish(endpoint))
        finally:
            server.kill()


def _furnish(endpoint: str) -> tuple[Key, Key]:
    """Make the bucket and two users, in as many actions as are free."""
    import boto3

    session = boto3.session.Session("first", "first", region_name="us-east-1")
    users: Any = session.client("iam", endpoint_url=endpoint)
    session.client("s3", endpoint_url=endpoint).create_bucket(Bucket=BUCKET)
    keys = []
    for name in ("worker", "stranger"):
        users.create_user(UserName=name)
        made = users.create_access_key(UserName=name)["AccessKey"]
        keys.append(Key(made["AccessKeyId"], made["SecretAccessKey"]))
    users.put_user_policy(UserName="worker", PolicyName="all", PolicyDocument=json.dumps(_ALL_OF_S3))
    return keys[0], keys[1]
