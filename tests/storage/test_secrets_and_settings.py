"""Keys are made once and never shared by accident; settings are refused early, by name."""

from __future__ import annotations

import base64
import stat
import threading
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from single_window.settings import BadSetting, Settings, load
from single_window.storage.secrets import Vault, key_from
from single_window.storage.store import Store

VAULT = Vault(b"k" * 32)


@given(st.binary(max_size=300), st.binary(max_size=20))
def test_what_is_sealed_can_be_opened_with_what_it_is_about(plain: bytes, about: bytes) -> None:
    sealed = VAULT.seal(plain, about)
    assert VAULT.open(sealed, about) == plain
    for key, other in ((VAULT, about + b"x"), (Vault(b"l" * 32), about)):
        with pytest.raises(InvalidTag):
            key.open(sealed, other)


@given(st.binary(max_size=60))
def test_what_nobody_sealed_is_refused(sealed: bytes) -> None:
    with pytest.raises(InvalidTag):
        VAULT.open(sealed)


def test_the_same_is_never_sealed_alike() -> None:
    assert VAULT.seal(b"same") != VAULT.seal(b"same")


def test_equal_persons_have_equal_hashes_under_one_key_only() -> None:
    number = "100001199001010008"
    assert VAULT.hash(number) == VAULT.hash(number) != VAULT.hash(number[:-1] + "9")
    assert VAULT.hash(number) != Vault(b"l" * 32).hash(number)
    assert number[:6] not in VAULT.hash(number)


def test_a_key_is_made_once_for_all_who_start_together(tmp_path: Path) -> None:
    keys: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: keys.append(key_from("", tmp_path, "data.key")))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1
    assert stat.S_IMODE((tmp_path / "data.key").stat().st_mode) == 0o600


def test_a_key_from_the_settings_leaves_no_file(tmp_path: Path) -> None:
    key = base64.b64encode(b"s" * 32).decode()
    store = Store.open(Settings(data=tmp_path / "data", data_key=key))
    assert not (tmp_path / "data" / "keys").exists()
    assert Vault(b"s" * 32).open(store.vault.seal(b"x")) == b"x"


@pytest.mark.parametrize("text", ["short", base64.b64encode(b"short").decode()])
def test_a_key_that_is_none_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(BadSetting, match="DATA_KEY") as told:
        load({"DATA_KEY": text})
    assert text not in str(told.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "-1"),
        ("WAIT_DAYS", "a week"),
        ("SECURE_COOKIES", "perhaps"),
        ("AGENCY_URLS", "customs"),
        ("LEASE_SECONDS", "1.5"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=f"{name}='{value}'"):
        load({name: value})


def test_an_empty_setting_is_one_that_was_not_made() -> None:
    assert load({"PORT": "", "AGENCY_URLS": ""}) == Settings()


def test_settings_reach_a_child_process_unchanged() -> None:
    given = Settings(
        data=Path("x"), port=7, secure_cookies=True, agency_urls={"customs": "http://a", "tax": "b"}
    )
    assert load(given.environment()) == given
