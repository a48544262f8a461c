"""Everything a deployment keeps: database, original bytes and the keys to both."""

from __future__ import annotations

from dataclasses import dataclass

from single_window.settings import Settings
from single_window.storage.engine import Database
from single_window.storage.files import FileStore
from single_window.storage.secrets import Vault, key_from


@dataclass(frozen=True, slots=True)
class Store:
    """What the services of the window work on. One per process."""

    settings: Settings
    database: Database
    files: FileStore
    vault: Vault

    @classmethod
    def open(cls, settings: Settings) -> Store:
        """Opens the data folder of these settings, making it and its keys at the first run."""
        settings.data.mkdir(parents=True, exist_ok=True)
        vault = Vault(key_from(settings.data_key, settings.data / "keys", "data.key"))
        files = FileStore(settings.data / "files", vault)
        return cls(settings, Database(settings.database), files, vault)
