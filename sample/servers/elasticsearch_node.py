"""A real Elasticsearch 8.19 node on loopback, assembled from the server's libraries.

It lacks what the full distribution adds as modules (language analysers, painless, ingest, ILM, `GET /`): what works here
needs none of them.
"""

import shutil
import subprocess
import zipfile
from pathlib import Path

from sample.servers.packages import ServerUnavailable, assembled, tool
from sample.servers.process import Server, answers, wait_for

VERSION = "8.19.21"
HEAP = "1g"
_HERE = Path(__file__).parent


def assemble() -> Path:
    """The node's home under `var/servers`, made at first use (some ten seconds)."""
    return assembled(f"elasticsearch-{VERSION}", _HERE / "elasticsearch.xml", _arrange)


def _arrange(jars: Path, home: Path) -> None:
    for name in ("config", "plugins", "lib", "modules/transport-netty4", "classes"):
        (home / name).mkdir(parents=True)
    transport = home / "modules" / "transport-netty4"
    for jar in jars.glob("*.jar"):
        shutil.copy(jar, transport if "netty" in jar.name else home / "lib")
    described = f"META-INF/es-plugins/{transport.name}/"
    with zipfile.ZipFile(transport / f"transport-netty4-{VERSION}.jar") as plugin:
        descriptor = plugin.read(f"{described}plugin-descriptor.properties").decode()
        (transport / "entitlement-policy.yaml").write_bytes(plugin.read(f"{described}entitlement-policy.yaml"))
    # The jars lie on a class path, not a module path, so the plugin must not be loaded as a named module.
    lines = [line for line in descriptor.splitlines() if not line.startswith("modulename")]
    (transport / "plugin-descriptor.properties").write_text("\n".join(lines) + "\n")
    compiler = [tool("javac", "openjdk-17-jdk-headless"), "-cp", f"{home}/lib/*", "-d", str(home / "classes")]
    subprocess.run([*compiler, str(_HERE / "Node.java")], check=True, capture_output=True, timeout=120)


class ElasticsearchNode(Server):
    """A node over a data folder; a context manager. It can be stopped (or killed) and started again on the same port."""

    @property
    def url(self) -> str:
        """Where it answers while it is started."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start and wait until it answers. Raises `ServerUnavailable` with the end of its log."""
        home = assemble()
        self._data.mkdir(parents=True, exist_ok=True)
        log = self._data / "node.log"
        options = [f"-Xmx{HEAP}", "-cp", f"{home}/classes:{home}/lib/*"]
        with log.open("ab") as told:
            self._process = subprocess.Popen(
                [
                    tool("java", "openjdk-17-jdk-headless"),
                    *options,
                    "Node",
                    str(home),
                    str(self._data),
                    str(self._port),
                ],
                stdout=told,
                stderr=told,
                start_new_session=True,  # Ctrl-C in a terminal ends the run first, which then stops its servers
            )
        if not wait_for(lambda: answers(f"{self.url}/_cluster/health?wait_for_status=yellow"), self._process, 90):
            self.stop()
            raise ServerUnavailable(f"Elasticsearch did not start: {log} ends with\n{_last_lines(log)}")


def _last_lines(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-5:])
