"""Keys, signing and policies at the command line; what `check` says of a signature."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from single_window.cli import main
from single_window.storage import tables as t
from single_window.storage.store import Store
from tests.credentials import signed
from tests.intake.documents import INVENTORY, right
from tests.window import Window


@pytest.fixture
def unsigned(tmp_path: Path) -> Path:
    """An inventory nobody has signed."""
    path = tmp_path / "unsigned.xml"
    path.write_text(right(INVENTORY, 2), "utf-8")
    return path


@pytest.mark.parametrize("kind", ["rsa", "sm2"])
def test_keys_are_made_a_message_is_signed_and_checked(
    unsigned: Path,
    tmp_path: Path,
    kind: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keys, out = tmp_path / "keys", tmp_path / "signed.xml"
    assert main(["keys", str(keys)]) == 0
    assert (keys / f"{kind}.pem").stat().st_mode & 0o077 == 0
    assert main(["sign", str(unsigned), "--key", str(keys / f"{kind}.pem"), "--out", str(out)]) == 0
    capsys.readouterr()
    monkeypatch.setenv("TRUSTED_CERTIFICATES", str(keys / "trusted"))
    main(["check", "--json", str(out)])
    whole = json.loads(capsys.readouterr().out.splitlines()[0])
    assert "record" not in whole
    assert whole["signature"]["valid"] is True
    results = {step["step"]: step["result"] for step in whole["signature"]["steps"]}
    assert (results["chain"], results["value"]) == ("passed", "passed")


@pytest.mark.parametrize(
    ("lang", "step"), [("zh", "摘要与报文内容一致"), ("en", "fits the content")]
)
def test_check_names_the_step_that_failed(
    unsigned: Path, tmp_path: Path, lang: str, step: str, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.xml"
    bad.write_bytes(signed(unsigned.read_bytes()).replace(b"<ceb:qty>", b"<ceb:qty>1", 1))
    assert main(["check", "--lang", lang, "--signatures", "checked", str(bad)]) == 1
    said = capsys.readouterr().out
    assert "[-621028]" in said
    assert step in said
    assert _whole(capsys, "--signatures", "ignored", str(bad)) == ("accept", None)
    assert _whole(capsys, str(bad)) == ("warn", False)


def _whole(capsys: pytest.CaptureFixture[str], *asked: str) -> tuple[str, bool | None]:
    """What is decided about a message as a whole, and whether its signature holds."""
    main(["check", "--json", *asked])
    line = json.loads(capsys.readouterr().out.splitlines()[0])
    return line["decision"], line["signature"]["valid"]


def test_keys_are_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "rsa.pem").write_text("mine", "utf-8")
    assert main(["keys", str(tmp_path)]) == 2
    assert (tmp_path / "rsa.pem").read_text("utf-8") == "mine"
    assert capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "<a/>", "-----BEGIN PRIVATE KEY-----\nAA==\n"])
def test_a_file_without_a_key_signs_nothing(unsigned: Path, tmp_path: Path, content: str) -> None:
    key = tmp_path / "key.pem"
    key.write_text(content, "utf-8")
    out = tmp_path / "out.xml"
    assert main(["sign", str(unsigned), "--key", str(key), "--out", str(out)]) == 2
    assert not out.exists()


def test_the_policy_of_an_organisation_is_set(
    sqlite_window: Window, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATA", str(sqlite_window.store.settings.data))
    monkeypatch.setenv("DATABASE_URL", sqlite_window.store.settings.database_url)
    own = select(t.organisations.c.code).where(t.organisations.c.id == sqlite_window.broker)
    with sqlite_window.store.database.read() as connection:
        code = connection.execute(own).scalar_one()
    for asked, kept in (("required", "required"), ("usual", "")):
        assert main(["policy", code, asked]) == 0
        assert _kept(sqlite_window.store, code) == kept
    assert main(["policy", "nobody", "required"]) == 2
    assert "nobody" in capsys.readouterr().err


def _kept(store: Store, code: str) -> str:
    chosen = select(t.organisations.c.signature_policy).where(t.organisations.c.code == code)
    with store.database.read() as connection:
        return str(connection.execute(chosen).scalar_one())
