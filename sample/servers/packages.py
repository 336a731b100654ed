"""Maven's packages into a folder, whole or not at all."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

SERVERS = Path(__file__).parents[2] / "var" / "servers"
"""Where assembled servers are kept: under the checkout, ignored by git."""


class ServerUnavailable(RuntimeError):
    """A server cannot be brought up here; the message says what is missing."""


def assembled(name: str, pom: Path, arrange: Callable[[Path, Path], None]) -> Path:
    """The folder `var/servers/NAME`, made at first use: `arrange(jars, home)` puts what Maven brought into place.

    Two processes may ask at once. Raises `ServerUnavailable`, with Maven's last words, where the packages cannot be had.
    """
    home = SERVERS / name
    SERVERS.mkdir(parents=True, exist_ok=True)
    with FileLock(SERVERS / f"{name}.lock"):
        if not home.exists():
            with tempfile.TemporaryDirectory(dir=SERVERS) as folder:
                jars, made = Path(folder) / "jars", Path(folder) / "home"
                _bring(pom, jars)
                made.mkdir()
                arrange(jars, made)
                made.rename(home)
    return home


def tool(name: str, package: str) -> str:
    """The path of a program that must be installed. Raises `ServerUnavailable` with the package that has it."""
    path = shutil.which(name)
    if path is None:
        raise ServerUnavailable(f"`{name}` is not installed; `apt install {package}` brings it")
    return path


def _bring(pom: Path, folder: Path) -> None:
    command = [
        tool("mvn", "maven"),
        "-q",
        "-B",
        "-f",
        str(pom),
        "dependency:copy-dependencies",
        f"-DoutputDirectory={folder}",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode:
        told = (done.stdout + done.stderr).strip().splitlines()
        raise ServerUnavailable(f"Maven cannot bring {pom.name}: {told[0] if told else 'no reason given'}")
