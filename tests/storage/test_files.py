"""Original bytes come back as they were, or not at all."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from single_window.storage.files import SEGMENT_BYTES, FileStore, TooLarge
from single_window.storage.secrets import Vault

VAULT = Vault(b"k" * 32)
CONTENT = b"".join(n.to_bytes(4, "big") for n in range(SEGMENT_BYTES * 3 // 4 + 100))
LIMIT = 10**9
EDGES = [0, 1, SEGMENT_BYTES - 1, SEGMENT_BYTES, SEGMENT_BYTES + 1, 3 * SEGMENT_BYTES, len(CONTENT)]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[FileStore, str]:
    """A file of a bit more than three segments."""
    store = FileStore(tmp_path_factory.mktemp("files"), VAULT)
    return store, store.write([CONTENT], limit=LIMIT).name


@given(
    st.one_of(st.sampled_from(EDGES), st.integers(0, len(CONTENT) + 10)),
    st.one_of(st.none(), st.sampled_from(EDGES), st.integers(0, len(CONTENT) + 10)),
)
def test_any_stretch_of_a_file_can_be_read(
    kept: tuple[FileStore, str], offset: int, length: int | None
) -> None:
    store, name = kept
    end = None if length is None else offset + length
    assert store.read(name, offset, length) == CONTENT[offset:end]


@pytest.mark.parametrize("size", EDGES)
def test_size_and_hash_are_those_of_the_plain_bytes(tmp_path: Path, size: int) -> None:
    store = FileStore(tmp_path, VAULT)
    blocks = (CONTENT[at : min(size, at + 7000)] for at in range(0, size, 7000))
    made = store.write(blocks, limit=LIMIT)
    assert (made.size, made.sha256) == (size, sha256(CONTENT[:size]).hexdigest())
    assert store.read(made.name) == CONTENT[:size]


def test_nothing_of_it_can_be_read_on_the_disk(tmp_path: Path) -> None:
    secret = b"<buyerIdNumber>100001199001010008</buyerIdNumber>"
    made = FileStore(tmp_path, VAULT).write([secret * 5000], limit=LIMIT)
    assert b"1000011990" not in (tmp_path / made.name).read_bytes()


SEALED = SEGMENT_BYTES + 28


def _flipped(raw: bytes) -> bytes:
    return raw[:100] + bytes([raw[100] ^ 1]) + raw[101:]


def _swapped(raw: bytes) -> bytes:
    return raw[SEALED : 2 * SEALED] + raw[:SEALED] + raw[2 * SEALED :]


TAMPERINGS = {
    "one bit": _flipped,
    "two segments exchanged": _swapped,
    "a segment taken out": lambda raw: raw[SEALED:],
    "the end cut off within a segment": lambda raw: raw[:-1],
    "the end cut off between two segments": lambda raw: raw[: 2 * SEALED],
    "all of it gone": lambda raw: b"",
    "something added": lambda raw: raw + b"x" * 40,
    "the last segment twice": lambda raw: raw + raw[3 * SEALED :],
}


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_a_file_that_was_changed_is_not_read(tmp_path: Path, tampering: str) -> None:
    store = FileStore(tmp_path, VAULT)
    path = tmp_path / store.write([CONTENT], limit=LIMIT).name
    path.write_bytes(TAMPERINGS[tampering](path.read_bytes()))
    with pytest.raises(InvalidTag):
        store.read(path.name)


def test_a_record_that_was_cut_off_is_missed(tmp_path: Path) -> None:
    store = FileStore(tmp_path, VAULT)
    path = tmp_path / store.write([CONTENT], limit=LIMIT).name
    path.write_bytes(path.read_bytes()[: 2 * SEALED])
    with pytest.raises(InvalidTag):
        store.read(path.name, 3 * SEGMENT_BYTES, 50)


def test_a_file_cannot_stand_in_for_another(tmp_path: Path) -> None:
    store = FileStore(tmp_path, VAULT)
    one, other = (store.write([text], limit=LIMIT).name for text in (b"one", b"other"))
    (tmp_path / one).replace(tmp_path / other)
    with pytest.raises(InvalidTag):
        store.read(other)


def test_another_key_opens_nothing(tmp_path: Path) -> None:
    name = FileStore(tmp_path, VAULT).write([b"x"], limit=LIMIT).name
    with pytest.raises(InvalidTag):
        FileStore(tmp_path, Vault(b"l" * 32)).read(name)


def test_what_is_too_large_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        FileStore(tmp_path, VAULT).write([b"x" * 50, b"x" * 51], limit=100)
    assert list(tmp_path.iterdir()) == []


def test_a_source_that_fails_midway_leaves_nothing_and_shows_nothing(tmp_path: Path) -> None:
    def source() -> Iterator[bytes]:
        yield CONTENT
        assert [path.suffix for path in tmp_path.iterdir()] == [".part"], "no half file has a name"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        FileStore(tmp_path, VAULT).write(source(), limit=LIMIT)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    """A limit on the size of files makes the system refuse to write, as a full disk does."""
    script = (
        "import sys; from pathlib import Path\n"
        "from single_window.storage.files import FileStore\n"
        "from single_window.storage.secrets import Vault\n"
        "FileStore(Path(sys.argv[1]), Vault(b'k' * 32)).write([b'x'] * 300_000, limit=10**9)\n"
    )

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    ended = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "files")],
        preexec_fn=limited, capture_output=True, text=True, env=os.environ, check=False,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert "DiskFull" in ended.stderr
    assert list((tmp_path / "files").iterdir()) == []


def test_to_remove_twice_does_no_harm(tmp_path: Path) -> None:
    store = FileStore(tmp_path, VAULT)
    name = store.write([b"x"], limit=LIMIT).name
    store.remove(name)
    store.remove(name)
    assert list(tmp_path.iterdir()) == []
