"""Every setting, declared once: name, default, help. Values come from the environment (`BEATWATCH_...`), then from
`config/settings.yml`, then from the defaults here. Secrets come only from the environment or from a file that it names.

docs/settings.md is generated from this class and a test holds it fresh.
"""

from ipaddress import IPv4Address
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    YamlConfigSettingsSource,
)
from yaml import YAMLError  # type: ignore[import-untyped]  # the library by which pydantic-settings reads the file

from pipeline.errors import ConfigError, UsageError

SETTINGS_FILE = Path(__file__).parent.parent / "config" / "settings.yml"


class Settings(BaseSettings):
    """The settings of one process."""

    model_config = SettingsConfigDict(
        env_prefix="BEATWATCH_", yaml_file=SETTINGS_FILE, extra="forbid", frozen=True, validate_default=True
    )

    data: Path | None = Field(
        default=None, description="data folder; default var/sample or var/live under the working folder"
    )
    encoder: str = Field(
        default="packaged:use3+e5",
        description="embedding model: the packaged default, or any name that sentence-transformers loads",
    )
    contact: str = Field(
        default="https://example.org/beatwatch", description="address or mail that publishers find in the User-Agent"
    )
    allow_hosts: tuple[str, ...] = Field(
        default=(), description="hosts that the address guard lets through although they are not public"
    )
    disk_floor_mb: int = Field(default=500, ge=1, description="gathering stops when less than this many MB are free")
    schedule: str = Field(default="0 6 * * *", description="cron line (UTC) of the daily run of `beatwatch serve`")
    workers: int = Field(
        default=1, ge=1, le=64, description="how many workers share the sources of one database; each has a data folder"
    )
    mail_from: str = Field(default="beatwatch@localhost", description="sender of digests")
    smtp_host: str | None = Field(
        default=None, description="mail server; without one digests are only written as .eml files"
    )
    smtp_port: int = Field(default=587, ge=1, le=65535, description="its port")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="how the connection is protected"
    )
    smtp_user: str | None = Field(default=None, description="user name at the mail server")
    smtp_password: SecretStr | None = Field(default=None, description="password at the mail server (environment only)")
    smtp_password_file: Path | None = Field(default=None, description="file that holds the password instead")
    database: str | None = Field(
        default=None,
        description="PostgreSQL database of the state (postgresql://user@host/name); without one it is a file in the data folder",
    )
    database_password: SecretStr | None = Field(default=None, description="its password (environment only)")
    database_password_file: Path | None = Field(default=None, description="file that holds the password instead")
    elasticsearch: str | None = Field(
        default=None,
        description="Elasticsearch 8.19 of the search index (https://host:9200); without one it is a file in the data folder",
    )
    elasticsearch_prefix: str = Field(
        default="beatwatch",
        pattern="^[a-z][a-z0-9_-]*$",
        description="beginning of the names of its indices and aliases",
    )
    elasticsearch_ca: Path | None = Field(
        default=None, description="file with the authority that signed its certificate"
    )
    elasticsearch_user: str | None = Field(
        default=None, description="user name at Elasticsearch; without one an API key is sent"
    )
    elasticsearch_secret: SecretStr | None = Field(
        default=None, description="that user's password, or the API key (environment only)"
    )
    elasticsearch_secret_file: Path | None = Field(
        default=None, description="file that holds the password or key instead"
    )
    kibana: str | None = Field(
        default=None,
        pattern=r"^https?://[^/@\s?#]+(/[^@\s?#]*)?$",
        description="Kibana 8.19 to which `beatwatch kibana push` brings searches and dashboard (https://host:5601)",
    )
    kibana_space: str = Field(
        default="default", pattern="^[a-z0-9_-]+$", description="its space, by the id in addresses"
    )
    kibana_ca: Path | None = Field(default=None, description="file with the authority that signed its certificate")
    kibana_user: str | None = Field(default=None, description="user name at Kibana; without one an API key is sent")
    kibana_secret: SecretStr | None = Field(
        default=None, description="that user's password, or the API key (environment only)"
    )
    kibana_secret_file: Path | None = Field(default=None, description="file that holds the password or key instead")
    vault: str | None = Field(
        default=None,
        description="where the archive of pages lies: a folder that workers share, or s3://bucket/prefix; default vault/ in the "
        "data folder",
    )
    vault_endpoint: str | None = Field(
        default=None,
        pattern=r"^https?://[^/@\s?#]+/?$",
        description="address of the S3-compatible store (https://host:port; http:// is taken as it is given); default "
        "Amazon's of the region",
    )
    vault_region: str = Field(default="us-east-1", pattern="^[a-z0-9-]+$", description="its region")
    vault_key: str | None = Field(default=None, description="id of the access key there")
    vault_secret: SecretStr | None = Field(default=None, description="that key's secret (environment only)")
    vault_secret_file: Path | None = Field(default=None, description="file that holds the secret instead")
    console_host: IPv4Address = Field(
        default=IPv4Address("127.0.0.1"),
        description="address that `beatwatch console` listens on; it asks for no login: let others in by a proxy that does",
    )
    console_url: str | None = Field(
        default=None, description="address under which people reach the console, for links in Prefect's page"
    )
    kibana_url: str | None = Field(
        default=None,
        description="address under which people reach Kibana, for links in Prefect's page",
    )
    operators: tuple[str, ...] = Field(
        default=(), description="mail addresses that `beatwatch watch` tells about failed and late runs"
    )
    late_minutes: int = Field(
        default=30, ge=1, description="how long after its time a scheduled run that did not begin is late"
    )
    console_port: int = Field(default=8765, ge=1, le=65535, description="its port")
    keep_dropped_pages: int | None = Field(
        default=None,
        ge=30,
        description="days that page and text of an article dropped by the screen are kept (`beatwatch retain`); unset: for ever",
    )
    keep_fetch_log: int | None = Field(
        default=None,
        ge=30,
        description="days that a row of the fetch log is kept after which a later one tells of its address; unset: for ever",
    )
    keep_mails: int | None = Field(
        default=None,
        ge=30,
        description="days that the files and bytes of digests are kept; unset: for ever",
    )

    @field_validator(
        "smtp_host", "smtp_user", "database", "elasticsearch", "elasticsearch_user", "kibana", "kibana_user", "kibana_url",
        "console_url", "vault", "vault_endpoint", "vault_key", mode="before",
    )  # fmt: skip
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return value or None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, environment, file."""
        return init_settings, env_settings, YamlConfigSettingsSource(settings_cls)

    @property
    def user_agent(self) -> str:
        """How the crawl names itself."""
        return f"beatwatch/0.1 (+{self.contact})"

    def mail_secret(self) -> str | None:
        """The mail password, read when it is needed; raises `UsageError` if its file cannot be read."""
        return _secret("the mail password", self.smtp_password, self.smtp_password_file)

    def database_secret(self) -> str | None:
        """The database's password, in the same way."""
        return _secret("the database's password", self.database_password, self.database_password_file)

    def search_secret(self) -> str | None:
        """Elasticsearch's password or API key, in the same way."""
        return _secret("Elasticsearch's password or key", self.elasticsearch_secret, self.elasticsearch_secret_file)

    def kibana_key(self) -> str | None:
        """Kibana's password or API key, in the same way."""
        return _secret("Kibana's password or key", self.kibana_secret, self.kibana_secret_file)

    def store_secret(self) -> str | None:
        """The secret of the archive's access key, in the same way."""
        return _secret("the secret of the archive's key", self.vault_secret, self.vault_secret_file)

    def embedded(self) -> Self:
        """The same settings with state, index and archive in the data folder."""
        return self.model_copy(update={"database": None, "elasticsearch": None, "vault": None})


def _secret(what: str, value: SecretStr | None, file: Path | None) -> str | None:
    if file is None:
        return value.get_secret_value() if value else None
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise UsageError(f"{file}: {what} cannot be read: {error.strerror}") from error


def load_settings() -> Settings:
    """The settings; raises `ConfigError` naming the setting, never its value."""
    try:
        return Settings()
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        name = str(fault["loc"][0]) if fault["loc"] else ""
        where = f"BEATWATCH_{name.upper()} or {SETTINGS_FILE.name}"
        raise ConfigError(where, name, str(fault["msg"])) from error
    except SettingsError as error:  # a list that is not JSON; the message names the setting, not its value
        raise ConfigError("BEATWATCH_...", "", f'{error}: write lists as JSON, as ["host.example.org"]') from error
    except (YAMLError, OSError, ValueError, TypeError) as error:  # what is no mapping is one of the last two
        raise ConfigError(str(SETTINGS_FILE), "", f"cannot be read: {' '.join(str(error).split())}") from error
