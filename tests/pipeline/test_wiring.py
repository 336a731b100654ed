"""Where the wiring finds the archive of pages, by the settings."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from crawlers.vault.place import FolderPlace, S3Place
from pipeline.errors import ConfigError, UsageError, VaultError
from pipeline.settings import Settings
from pipeline.wiring import vault_place, vault_store

KEY: dict[str, Any] = {"vault_key": "AKIDEXAMPLE", "vault_secret": SecretStr("hidden")}


def test_the_vault_lies_in_the_data_folder_unless_told_otherwise(tmp_path: Path) -> None:
    assert vault_place(tmp_path, Settings(vault="")) == FolderPlace(tmp_path / "vault", create=True)
    assert vault_store(tmp_path, Settings()).address == str(tmp_path / "vault")
    assert (tmp_path / "vault").is_dir()


def test_a_shared_folder_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings(vault="share")
    assert vault_place(tmp_path / "data", settings) == FolderPlace(tmp_path / "share", create=False)
    with pytest.raises(VaultError, match="is not there"):
        vault_store(tmp_path / "data", settings)


def test_a_bucket_with_what_is_needed_to_ask_it() -> None:
    local = Settings(vault="s3://pages/desk", vault_endpoint="http://127.0.0.1:9000/", **KEY)
    assert vault_place(Path("d"), local) == S3Place(
        "pages", "desk", "http://127.0.0.1:9000", "us-east-1", "AKIDEXAMPLE", "hidden"
    )
    amazon = vault_place(Path("d"), Settings(vault="s3://pages", vault_region="eu-west-1", **KEY))
    assert isinstance(amazon, S3Place)
    assert amazon.endpoint == "https://s3.eu-west-1.amazonaws.com"


def test_the_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hidden\n")
    settings = Settings(vault="s3://pages", vault_key="AKIDEXAMPLE", vault_secret_file=tmp_path / "secret")
    place = vault_place(Path("d"), settings)
    assert isinstance(place, S3Place)
    assert place.secret == "hidden"
    assert "hidden" not in repr(place) + repr(settings)
    with pytest.raises(UsageError, match="the secret of the archive's key cannot be read"):
        vault_place(Path("d"), settings.model_copy(update={"vault_secret_file": tmp_path / "none"}))


@pytest.mark.parametrize("missing", ["vault_key", "vault_secret"])
def test_a_bucket_without_a_key_is_refused(missing: str) -> None:
    with pytest.raises(UsageError, match="set vault_key, and BEATWATCH_VAULT_SECRET or vault_secret_file"):
        vault_place(Path("d"), Settings(vault="s3://pages", **(KEY | {missing: None})))


@pytest.mark.parametrize("address", ["s3://", "gs://pages", "https://pages.example.org", "s3://AKID:hidden@pages"])
def test_addresses_that_name_no_bucket(address: str) -> None:
    with pytest.raises(ConfigError, match="vault: write it as s3://bucket") as told:
        vault_place(Path("d"), Settings(vault=address, **KEY))
    assert "hidden" not in str(told.value)


@pytest.mark.parametrize("endpoint", ["127.0.0.1:9000", "ftp://host", "https://key:hidden@host", "http://host/path"])
def test_endpoints_that_are_none(endpoint: str) -> None:
    with pytest.raises(ValidationError, match="vault_endpoint"):
        Settings(vault="s3://pages", vault_endpoint=endpoint, **KEY)


def test_a_run_for_an_evaluation_leaves_the_operators_archive_be() -> None:
    assert Settings(vault="s3://pages", **KEY).embedded().vault is None
