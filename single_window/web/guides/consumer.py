"""An agency's side in one file: fetches, decides, answers. It may be killed at any moment.

python consumer.py http://127.0.0.1:8000 KEY kept.db
"""

import base64
import json
import re
import sqlite3
import sys
import time
import urllib.request
from typing import Any

URL, KEY, FILE = sys.argv[1:]
GOOD = "<returnStatus>ACCEPTED</returnStatus><returnTime>%Y%m%d%H%M%S</returnTime>"
kept = sqlite3.connect(FILE)
kept.execute("CREATE TABLE IF NOT EXISTS taken (number INTEGER PRIMARY KEY, answer, open)")


def call(path: str, told: Any = None) -> Any:
    body = None if told is None else json.dumps(told).encode()
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{URL}/api/v1/agency/{path}", body, headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        return json.load(answer)


def decided(message: dict[str, Any]) -> str:
    """The receipt that accepts every record of a message; here an agency does its own work."""
    body = base64.b64decode(message["body_base64"]).decode()
    records = re.findall(r"<TaxAssessment>.*?</TaxAssessment>", body, re.DOTALL)
    named = ("".join(re.findall(r"<(?:reference|orderNo)>[^<]*</\w+>", each)) for each in records)
    told = "".join(f"<TaxReceipt>{each}{time.strftime(GOOD)}</TaxReceipt>" for each in named)
    return f'<TaxReceiptMessage xmlns="urn:single-window:agency:1">{told}</TaxReceiptMessage>'


while True:
    (last,) = kept.execute("SELECT coalesce(max(number), 0) FROM taken").fetchone()
    found = call(f"messages?after={last}&limit=100&body=true")["items"]
    with kept:  # the number and what was decided stand in one transaction: nothing is taken twice
        rows = [(message["number"], decided(message)) for message in found]
        kept.executemany("INSERT INTO taken VALUES (?, ?, 1)", rows)
    waiting = kept.execute("SELECT number, answer FROM taken WHERE open LIMIT 100").fetchall()
    if waiting:  # sent again after a kill: the same answer is counted, not carried out twice
        call("receipts", {"receipts": [answer for _, answer in waiting]})
        call("messages/ack", {"numbers": [number for number, _ in waiting]})
        kept.executemany("UPDATE taken SET open = 0 WHERE number = ?", [row[:1] for row in waiting])
        kept.commit()
    time.sleep(0 if waiting else 1)
