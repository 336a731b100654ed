"""A real PostgreSQL 16 on loopback. Started by root it runs as `nobody`, since it refuses to run as root."""

import os
import pwd
import signal
import subprocess
import tarfile
import zipfile
from pathlib import Path
from typing import Any

from sample.servers.packages import ServerUnavailable, assembled
from sample.servers.process import Server, connects, wait_for

VERSION = "16.4.0"
USER = "beatwatch"
_HERE = Path(__file__).parent
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}


def assemble() -> Path:
    """PostgreSQL's programs under `var/servers`, unpacked at first use (some three seconds)."""
    return assembled(f"postgres-{VERSION}", _HERE / "postgres.xml", _arrange)


def _arrange(jars: Path, home: Path) -> None:
    (jar,) = jars.glob("*.jar")
    with (
        zipfile.ZipFile(jar) as archive,
        archive.open("postgres-linux-x86_64.txz") as packed,
        tarfile.open(fileobj=packed, mode="r:xz") as programs,
    ):
        programs.extractall(home, filter="data")
    home.chmod(0o755)


def _somebody() -> dict[str, Any]:
    """How a child process is started as a user that is not root."""
    if os.getuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


class PostgresServer(Server):
    """A server over a data folder; a context manager. Its databases stay in the folder; it can be stopped and started again."""

    _stopping = signal.SIGINT  # "fast": at a SIGTERM it would wait for its clients to go

    def url(self, database: str = "postgres", driver: str = "psycopg") -> str:
        """SQLAlchemy's address of a database; without a driver, PostgreSQL's own form of it."""
        scheme = f"postgresql+{driver}" if driver else "postgresql"
        return f"{scheme}://{USER}@127.0.0.1:{self._port}/{database}"

    def start(self) -> None:
        """Make the data folder where there is none, start, wait until it answers. Raises `ServerUnavailable`."""
        home, somebody = assemble(), _somebody()
        self._data.mkdir(parents=True, exist_ok=True)
        if somebody:
            os.chown(self._data, somebody["user"], somebody["group"])
        cluster, log = self._data / "cluster", self._data / "server.log"
        if not (cluster / "PG_VERSION").exists():
            made = subprocess.run(
                [home / "bin" / "initdb", "-D", cluster, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-locale", "-N"],
                cwd=self._data, env=_ENVIRONMENT, capture_output=True, text=True, check=False, timeout=120, **somebody,
            )  # fmt: skip
            if made.returncode:
                who = " (root starts it as `nobody`, who must be able to enter the folders above)" if somebody else ""
                raise ServerUnavailable(f"PostgreSQL cannot make {cluster}{who}: {made.stderr.strip()}")
        # What a power cut would cost is of no weight here, and making a database for each test is then quick.
        quick = ("fsync=off", "full_page_writes=off")
        settings = ("listen_addresses=127.0.0.1", "unix_socket_directories=", f"port={self._port}", *quick)
        command = [str(home / "bin" / "postgres"), "-D", str(cluster), *(f"--{setting}" for setting in settings)]
        with log.open("ab") as told:
            self._process = subprocess.Popen(
                command, cwd=self._data, env=_ENVIRONMENT, stdout=told, stderr=told, start_new_session=True, **somebody
            )
        if not wait_for(lambda: connects(self._port), self._process, 60):
            self.stop()
            raise ServerUnavailable(f"PostgreSQL did not start: {log} ends with\n{log.read_text()[-500:]}")
