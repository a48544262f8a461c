"""What the tests stand on: each has a database and a broker of its own, and leaves nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import kombu
import psycopg
import pytest
from sqlalchemy import insert, select

from single_window.storage.engine import Database
from single_window.storage.tables import organisations
from tests import answering
from tests.conftest import Broker


@pytest.mark.parametrize("turn", ["first", "second"])
def test_a_test_finds_its_database_empty_and_leaves_what_it_writes(
    database: Database, turn: str
) -> None:
    row = {"code": turn, "name_zh": turn, "name_en": turn}
    with database.write() as connection:
        assert connection.execute(insert(organisations).values(row)).inserted_primary_key == (1,)
    with database.read() as connection:
        assert connection.execute(select(organisations.c.code)).scalars().all() == [turn]


def test_a_database_is_gone_after_its_test_even_when_a_process_still_holds_it(
    tmp_path: Path,
) -> None:
    server = answering.need("postgresql")
    holder = tmp_path / "test_holder.py"
    holder.write_text(
        "import pathlib, psycopg\n"
        "from tests import answering\n"
        "def test_it(postgresql_url):\n"
        "    global held\n"
        "    held = psycopg.connect(answering.plain(postgresql_url))\n"
        f"    pathlib.Path({str(tmp_path / 'url')!r}).write_text(postgresql_url)\n"
    )
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-p", "no:cacheprovider",
         "--rootdir", tmp_path, "-c", os.devnull, holder],
        cwd=answering.ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout
    name = (tmp_path / "url").read_text().rpartition("/")[2]
    with psycopg.connect(answering.plain(server)) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        assert found.fetchone() is None


@pytest.mark.parametrize("broker", ["rabbitmq", "redis"], indirect=True)
def test_a_message_put_into_the_broker_comes_out_again(broker: Broker) -> None:
    with kombu.Connection(broker.url) as connection:
        queue = connection.SimpleQueue(broker.queue)
        queue.put({"id": 1})
        message = queue.get(timeout=5)
        message.ack()
        queue.close()
    assert message.payload == {"id": 1}


def test_the_default_broker_needs_no_server(tmp_path: Path) -> None:
    address = f"sqla+sqlite:///{tmp_path / 'broker.db'}"
    with kombu.Connection(address) as connection:
        queue = connection.SimpleQueue("wake")
        queue.put({"id": 1})
        assert queue.get(timeout=5).payload == {"id": 1}
        queue.close()
