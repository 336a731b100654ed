"""`make secrets`: every password, key and certificate that `docker-compose.yml` mounts, each in a file of its own.

What is there stays: a password is made once, and deleting its file is how it is made anew. Three files only repeat
passwords in the form that Prefect, Kibana and the mail catcher read, which take none from a file of its own; they are
written from the passwords every time. Containers see the files with the owner and mode that they have here, so all
services run as the user who owns them.

Runs on any Python 3.11 with `openssl` on the path: whoever starts the containers need not install the program itself.
"""

import argparse
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import UsageError

CONTAINER_UID = 1000
"""The user of the containers where root makes the secrets: Elasticsearch refuses to run as root."""
PASSWORDS = (
    "elasticsearch_analyst",
    "elasticsearch_beatwatch",
    "elasticsearch_elastic",
    "elasticsearch_kibana_system",
    "kibana_key",
    "mail_page",
    "postgres_beatwatch",
    "postgres_prefect",
    "postgres_superuser",
    "prefect_page",
)
EMPTY = ("smtp_password",)
"""Given by others: the operator writes it in."""
AUTHORITY_DAYS = 3650
NODE_DAYS = 1095
NODE_NAMES = ("elasticsearch", "localhost")
_EXTENSIONS = f"""
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[node]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = {", ".join(f"DNS:{name}" for name in NODE_NAMES)}, IP:127.0.0.1
"""


def make(folder: Path) -> list[str]:
    """Make what is missing in `folder`, as mode 600 in a folder of mode 700; the names of what is new.

    Raises `UsageError` where `openssl` is missing or fails, or where the folder cannot be written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        new = [name for name in PASSWORDS if _write_new(folder / name, secrets.token_hex(24))]
        new += [name for name in EMPTY if _write_new(folder / name, "")]
        new += _certificates(folder)
        for name, text in repeated(folder).items():
            _write(folder / name, text)
        return new
    except OSError as error:
        raise UsageError(f"{error.filename or folder}: {error.strerror}: change its rights") from error


def repeated(folder: Path) -> Mapping[str, str]:
    """Files that hold passwords of other files, in their readers' own form: name, text."""
    held = {name: (folder / name).read_text(encoding="utf-8").strip() for name in PASSWORDS}
    login = f"beatwatch:{held['prefect_page']}"
    server = {"PREFECT_SERVER_DATABASE_PASSWORD": held["postgres_prefect"], "PREFECT_SERVER_API_AUTH_STRING": login}
    return {
        "kibana.yml": "".join(f'{name}: "{value}"\n' for name, value in _kibana(held).items()),
        "mail_login": f"beatwatch:{held['mail_page']}\n",
        "prefect_client.toml": _profile({"PREFECT_API_AUTH_STRING": login}),
        "prefect_server.toml": _profile(server),
    }


def _kibana(held: Mapping[str, str]) -> dict[str, str]:
    keys = (
        "xpack.security.encryptionKey",
        "xpack.encryptedSavedObjects.encryptionKey",
        "xpack.reporting.encryptionKey",
    )
    return {"elasticsearch.password": held["elasticsearch_kibana_system"], **dict.fromkeys(keys, held["kibana_key"])}


def _profile(settings: Mapping[str, str]) -> str:
    lines = "".join(f'{name} = "{value}"\n' for name, value in settings.items())
    return f'active = "compose"\n\n[profiles.compose]\n{lines}'


def _certificates(folder: Path) -> Iterator[str]:
    """An authority of our own, and a certificate by it for Elasticsearch; the authority's key is mounted nowhere."""
    authority, node = folder / "ca.crt", folder / "elasticsearch.crt"
    if not authority.exists():
        _authority(authority, folder / "ca.key")
        node.unlink(missing_ok=True)  # nobody would trust what the old one signed
        yield authority.name
    if not node.exists():
        _node(node, folder / "elasticsearch.key", authority, folder / "ca.key")
        yield node.name


def _authority(certificate: Path, key: Path) -> None:
    with _drafts() as drafts:
        _openssl(
            "req", "-x509", *_new_key(drafts), "-subj", "/CN=beatwatch private authority", "-extensions", "authority",
            "-days", str(AUTHORITY_DAYS), "-out", f"{drafts}/crt",
        )  # fmt: skip
        _write(key, (drafts / "key").read_text(encoding="ascii"))
        _write(certificate, (drafts / "crt").read_text(encoding="ascii"))


def _node(certificate: Path, key: Path, authority: Path, authority_key: Path) -> None:
    with _drafts() as drafts:
        _openssl("req", "-new", *_new_key(drafts), "-subj", f"/CN={NODE_NAMES[0]}", "-out", f"{drafts}/csr")
        _openssl(
            "x509", "-req", "-in", f"{drafts}/csr", "-CA", str(authority), "-CAkey", str(authority_key),
            "-set_serial", f"0x{secrets.token_hex(16)}", "-days", str(NODE_DAYS), "-sha256",
            "-extfile", f"{drafts}/extensions", "-extensions", "node", "-out", f"{drafts}/crt",
        )  # fmt: skip
        _write(key, (drafts / "key").read_text(encoding="ascii"))
        _write(certificate, (drafts / "crt").read_text(encoding="ascii"))


@contextmanager
def _drafts() -> Iterator[Path]:
    """A folder that only its owner may enter, with openssl's configuration: that of the machine is not asked."""
    with tempfile.TemporaryDirectory(prefix="beatwatch-") as name:
        drafts = Path(name)
        (drafts / "extensions").write_text(_EXTENSIONS, encoding="ascii")
        yield drafts


def _new_key(drafts: Path) -> tuple[str, ...]:
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-sha256")
    return ("-config", f"{drafts}/extensions", *curve, "-keyout", f"{drafts}/key")


def _openssl(*arguments: str) -> None:
    try:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise UsageError("openssl is not on the path: install it (Debian: `apt install openssl`)") from error
    except subprocess.CalledProcessError as error:
        raise UsageError(f"openssl {arguments[0]}: {error.stderr.strip()}") from error


def _write_new(file: Path, text: str) -> bool:
    if file.exists():
        return False
    _write(file, text)
    return True


def _write(file: Path, text: str) -> None:
    """By a rename, so that no reader sees half of it and no other user ever sees any of it."""
    draft = file.with_name(f".{file.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        stream.write(text)
    if os.getuid() == 0:
        os.chown(draft, CONTAINER_UID, 0)
    draft.replace(file)


def environment(file: Path, uid: int) -> str | None:
    """Write Compose's `.env` for files of `uid` where there is none; else which line it lacks, None if all is well."""
    line = f"BEATWATCH_UID={uid}"
    if file.exists():
        has = line in file.read_text(encoding="utf-8").splitlines()
        return None if has or uid == CONTAINER_UID else line
    file.write_text(
        f"# Read by docker compose; no secrets here. docs/deploy.md lists what can be set.\n{line}\n"
        "# An address or mail that publishers find in the User-Agent of every request: fill it in.\nBEATWATCH_CONTACT=\n",
        encoding="utf-8",
    )
    return None


def main() -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m deploy.secret_files", description="Make what is missing.")
    parser.add_argument("folder", type=Path, nargs="?", default=Path("secrets"))
    folder: Path = parser.parse_args().folder
    try:
        new = make(folder)
        lacking = environment(folder.absolute().parent / ".env", os.getuid() or CONTAINER_UID)
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{folder}: " + (f"made {', '.join(new)}" if new else "all there already, nothing was changed"))
    if lacking:
        print(f".env: containers cannot read the secrets until it has the line {lacking}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
