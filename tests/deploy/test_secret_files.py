"""`make secrets`: what is there stays, what repeats follows, and the certificates hold."""

import ssl
import subprocess
import sys
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]

from deploy import secret_files
from pipeline.errors import UsageError
from tests.compose_file import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "secrets"
    secret_files.make(made)
    return made


def held(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()}


def run(folder: Path, path: str = "/usr/bin:/bin") -> "subprocess.CompletedProcess[str]":
    """As the Makefile does, with the standard library alone (-S: no installed package is to be found)."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from deploy.secret_files import main; sys.exit(main())"
    command = [sys.executable, "-I", "-S", "-c", code, str(folder)]
    return subprocess.run(command, env={"PATH": path}, capture_output=True, text=True, check=False)


def test_only_their_owner_can_read_them(folder: Path) -> None:
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}


def test_no_two_passwords_are_equal_here_or_elsewhere(folder: Path, tmp_path: Path) -> None:
    secret_files.make(tmp_path / "other")
    both = [held(place)[name] for place in (folder, tmp_path / "other") for name in secret_files.PASSWORDS]
    assert len(set(both)) == len(both)
    assert min(map(len, both)) >= 48


def test_what_is_there_stays(folder: Path) -> None:
    (folder / "smtp_password").write_text("from the provider", encoding="utf-8")
    before = held(folder)
    assert secret_files.make(folder) == []
    assert held(folder) == before


def test_a_password_that_was_deleted_is_made_anew_and_followed(folder: Path) -> None:
    before = held(folder)
    (folder / "prefect_page").unlink()
    assert secret_files.make(folder) == ["prefect_page"]
    after = held(folder)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"prefect_page", "prefect_client.toml", "prefect_server.toml"}
    assert f'"beatwatch:{after["prefect_page"]}"' in after["prefect_client.toml"]


def test_kibana_reads_its_password_and_keys_that_are_long_enough(folder: Path) -> None:
    settings = yaml.safe_load(held(folder)["kibana.yml"])
    assert settings.pop("elasticsearch.password") == held(folder)["elasticsearch_kibana_system"]
    assert min(map(len, settings.values())) >= 32


@pytest.mark.parametrize(("name", "trusted"), [("elasticsearch", True), ("localhost", True), ("example.org", False)])
def test_the_certificate_is_trusted_for_the_names_that_it_is_for(folder: Path, name: str, trusted: bool) -> None:
    assert trusts(folder, name) is trusted


def trusts(folder: Path, name: str) -> bool:
    """Whether a strict client that knows our authority takes the server for `name`."""
    theirs, ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=str(folder / "ca.crt"))
    theirs.load_cert_chain(folder / "elasticsearch.crt", folder / "elasticsearch.key")
    ours.verify_flags |= ssl.VERIFY_X509_STRICT
    return _shake_hands(theirs, ours, name)


def _shake_hands(theirs: ssl.SSLContext, ours: ssl.SSLContext, name: str) -> bool:
    """TLS between two ends in memory; whether the client trusts the server."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    client, server = ours.wrap_bio(down, up, server_hostname=name), theirs.wrap_bio(up, down, server_side=True)
    waiting = [client, server]
    for _ in range(10):
        for end in list(waiting):
            try:
                end.do_handshake()
                waiting.remove(end)
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError:
                return False
    return not waiting


def test_a_new_certificate_is_signed_by_the_same_authority(folder: Path) -> None:
    before = held(folder)
    (folder / "elasticsearch.crt").unlink()
    assert secret_files.make(folder) == ["elasticsearch.crt"]
    after = held(folder)
    assert {name for name in after if after[name] != before[name]} == {"elasticsearch.crt", "elasticsearch.key"}
    assert trusts(folder, "elasticsearch")


def test_a_new_authority_signs_anew(folder: Path) -> None:
    (folder / "ca.crt").unlink()
    assert secret_files.make(folder) == ["ca.crt", "elasticsearch.crt"]
    assert trusts(folder, "elasticsearch")


def test_it_needs_nothing_but_python_and_openssl(tmp_path: Path) -> None:
    ended = run(tmp_path / "secrets")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "postgres_superuser" in ended.stdout
    assert "BEATWATCH_CONTACT=\n" in (tmp_path / ".env").read_text(encoding="utf-8")
    again = run(tmp_path / "secrets")
    assert again.stdout.endswith("all there already, nothing was changed\n")


def test_no_password_is_printed(tmp_path: Path) -> None:
    told = run(tmp_path / "secrets")
    assert [
        name for name, text in held(tmp_path / "secrets").items() if text and text in told.stdout + told.stderr
    ] == []


def test_without_openssl_it_says_so(tmp_path: Path) -> None:
    ended = run(tmp_path / "secrets", path="/nonexistent")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.splitlines() == ["openssl is not on the path: install it (Debian: `apt install openssl`)"]


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "secrets").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="secrets"):
        secret_files.make(tmp_path / "secrets")


def test_an_env_file_that_is_there_is_not_touched(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("BEATWATCH_CONTACT=desk@example.org\n", encoding="utf-8")
    assert secret_files.environment(file, uid=1000) is None
    assert secret_files.environment(file, uid=1234) == "BEATWATCH_UID=1234"
    assert file.read_text(encoding="utf-8") == "BEATWATCH_CONTACT=desk@example.org\n"
