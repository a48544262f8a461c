"""Every setting of the window, read from the environment once and refused early."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal


class BadSetting(ValueError):
    """A setting has a value that cannot be used; the message names it and says what would do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a deployment chooses. The defaults run on a bare machine, in one folder of data."""

    data: Path = Path("data")
    """DATA: folder that holds the database, the original bytes, the keys and the logs."""
    database_url: str = ""
    """DATABASE_URL: SQLAlchemy address; empty means SQLite in the data folder."""
    broker_url: str = ""
    """BROKER_URL: Celery broker; empty means a SQLite file of its own in the data folder."""
    broker_queue: str = ""
    """BROKER_QUEUE: stands before the names of our queues, where several share one broker."""
    host: str = "127.0.0.1"
    """HOST: address the portal listens on."""
    port: int = 8000
    """PORT: port the portal listens on; 0 takes a free one."""
    web_threads: int = 8
    """WEB_THREADS: requests answered at the same time by one web process."""
    worker_processes: int = 0
    """WORKER_PROCESSES: processes of the Celery worker. 0 is two, but one on SQLite: there only one
    can write at a time, and two spend a third of their time waiting for each other."""
    data_key: str = ""
    """DATA_KEY: 32 bytes in base64 that encrypt what is at rest; empty makes a key file."""
    session_key: str = ""
    """SESSION_KEY: secret that signs sessions; empty makes a key file."""
    secure_cookies: bool = False
    """SECURE_COOKIES: send the session cookie over HTTPS only (set it behind TLS)."""
    agency_urls: Mapping[str, str] = field(default_factory=dict)
    """AGENCY_URLS: `customs=http://...,tax=http://...`: where each agency takes messages."""
    agency_delivery: Mapping[str, str] = field(default_factory=dict)
    """AGENCY_DELIVERY: `customs=pull,tax=push`: who fetches its messages; else its folder says."""
    agency_envelope: Mapping[str, str] = field(default_factory=dict)
    """AGENCY_ENVELOPE: `customs=dxp`: whose national messages travel in the transport envelope:
    `dxp` as an enterprise's own system sends them (DxpMsg), `dxpsv` as a platform of many does
    (DxpMsgSv), `none` for nobody's; else its folder says. Both need DXP_ID."""
    dxp_id: str = ""
    """DXP_ID: number of the window at E-port, at most 16 characters: the sender of envelopes for
    messages that name no number of their own."""
    dxp_sta_node: str = ""
    """DXP_STA_NODE: number of the transport node where the window enters its messages
    (接入节点), 8 characters; DxpMsgSv needs it."""
    dxp_end_node: str = ""
    """DXP_END_NODE: number of the transport node for which they are meant (目的节点), at most 8
    characters; DxpMsgSv needs it."""
    stub_delay_seconds: str = "0.5"
    """STUB_DELAY_SECONDS: pause of the simulated agencies between receipts; decimal text."""
    lease_seconds: int = 60
    """LEASE_SECONDS: how long claimed work is left alone before another worker may take it."""
    sweep_seconds: int = 2
    """SWEEP_SECONDS: how often missed work is looked for."""
    wait_days: int = 7
    """WAIT_DAYS: how long an inventory waits for its papers before it is rejected."""
    upload_max_bytes: int = 512 * 1024 * 1024
    """UPLOAD_MAX_BYTES: largest body of one submission."""
    unpacked_max_bytes: int = 2 * 1024 * 1024 * 1024
    """UNPACKED_MAX_BYTES: largest sum of the documents in one ZIP."""
    signature_policy: str = "checked"
    """SIGNATURE_POLICY: required, checked or ignored, for organisations without a choice."""
    trusted_certificates: str = ""
    """TRUSTED_CERTIFICATES: folder of the certificates (PEM or DER) of those who issue the filers'
    ones; empty means that nobody is asked who issued a certificate, and the report says so."""
    registers: str = ""
    """REGISTERS: folder of what the operator knows of goods, parties and places, and of exchange
    rates (declarations/registers.py says how); empty: nothing is known, and nothing is guessed."""
    demo_filings: bool = True
    """DEMO_FILINGS: whether `make run` files the examples of the regimes once (yes or no)."""
    statistics_companies: int = 3
    """STATISTICS_COMPANIES: from how many companies at least a figure of the statistics has to come
    to be shown to officers who may not see the filings behind it. Of two, each could take its own
    away and would have the other's; more protect against companies that tell each other."""
    log_level: str = "INFO"
    """LOG_LEVEL: DEBUG, INFO, WARNING or ERROR."""

    @property
    def registers_folder(self) -> Path | None:
        """The folder of registers, None where there is none."""
        return Path(self.registers) if self.registers else None

    @property
    def database(self) -> str:
        """Address of the database, never empty."""
        return self.database_url or f"sqlite:///{self.data.resolve() / 'window.db'}"

    @property
    def broker(self) -> str:
        """Address of the Celery broker, never empty."""
        return self.broker_url or f"sqla+sqlite:///{self.data.resolve() / 'broker.db'}"

    @property
    def trusted_folder(self) -> Path | None:
        """The folder of trusted certificates, None where the operator named none."""
        return Path(self.trusted_certificates) if self.trusted_certificates else None

    def environment(self) -> dict[str, str]:
        """The settings as environment variables, to hand on to a child process."""
        return {name.upper(): _as_text(getattr(self, name)) for name in _NAMES}


SIGNATURE_POLICIES = ("required", "checked", "ignored")
DELIVERIES = frozenset({"push", "pull"})
"""How an agency gets its messages: sent to its address, or put into its mailbox."""
ENVELOPES = frozenset({"dxp", "dxpsv", "none"})
"""In what the national messages of an agency travel: in DxpMsg, in DxpMsgSv, or as they are."""
DXP_ID_MAX = 16
DXP_NODE_MAX = 8
_NAMES = tuple(f.name for f in fields(Settings))


def _as_text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ",".join(f"{k}={v}" for k, v in value.items())
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)


def _mapping(text: str) -> dict[str, str]:
    pairs = [part.split("=", 1) for part in text.split(",") if part.strip()]
    if any(len(pair) != 2 for pair in pairs):
        raise ValueError("expected name=value,name=value")
    return {name.strip(): value.strip() for name, value in pairs}


def _read(default: Any, text: str) -> Any:
    if isinstance(default, bool):
        if text.lower() not in {"0", "1", "true", "false", "yes", "no"}:
            raise ValueError("expected 1 or 0")
        return text.lower() in {"1", "true", "yes"}
    if isinstance(default, int):
        number = int(text)
        if number < 0:
            raise ValueError("expected a number of at least 0")
        return number
    if isinstance(default, Path):
        return Path(text)
    return _mapping(text) if isinstance(default, Mapping) else text


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment or a mapping like it. Raises BadSetting with the culprit."""
    given = os.environ if environment is None else environment
    blank = Settings()
    values: dict[str, Any] = {}
    for name in _NAMES:
        text = given.get(name.upper())
        if text is None or (text == "" and not isinstance(getattr(blank, name), str)):
            continue
        try:
            values[name] = _read(getattr(blank, name), text)
        except ValueError as error:
            raise BadSetting(f"{name.upper()}={text!r}: {error}") from error
    if unknown := set(values.get("agency_delivery", {}).values()) - DELIVERIES:
        raise BadSetting(f"AGENCY_DELIVERY: {sorted(unknown)}: expected push or pull")
    _check_envelopes(values)
    if values.get("signature_policy", "checked") not in SIGNATURE_POLICIES:
        raise BadSetting(f"SIGNATURE_POLICY: expected one of {', '.join(SIGNATURE_POLICIES)}")
    folder = values.get("registers")
    if folder and not Path(folder).is_dir():
        raise BadSetting(f"REGISTERS={folder!r}: expected a folder of CSV files")
    folder = values.get("trusted_certificates")
    if folder and not Path(folder).is_dir():
        raise BadSetting(f"TRUSTED_CERTIFICATES={folder!r}: expected a folder of certificates")
    if not _is_key(values.get("data_key", "")):
        raise BadSetting("DATA_KEY: expected 32 bytes in base64, or nothing")
    return Settings(**values)


def _check_envelopes(values: Mapping[str, Any]) -> None:
    asked = set(values.get("agency_envelope", {}).values())
    if unknown := asked - ENVELOPES:
        raise BadSetting(f"AGENCY_ENVELOPE: {sorted(unknown)}: expected dxp, dxpsv or none")
    own = values.get("dxp_id", "")
    if len(own) > DXP_ID_MAX or (asked - {"none"} and not own):
        raise BadSetting(f"DXP_ID={own!r}: expected 1 to {DXP_ID_MAX} characters")
    entry, end = (values.get(name, "") for name in ("dxp_sta_node", "dxp_end_node"))
    if len(entry) not in (0, DXP_NODE_MAX) or ("dxpsv" in asked and not entry):
        raise BadSetting(f"DXP_STA_NODE={entry!r}: expected {DXP_NODE_MAX} characters")
    if len(end) > DXP_NODE_MAX or ("dxpsv" in asked and not end):
        raise BadSetting(f"DXP_END_NODE={end!r}: expected 1 to {DXP_NODE_MAX} characters")


def _is_key(text: str) -> bool:
    try:
        return not text or len(base64.b64decode(text, validate=True)) == 32
    except ValueError:
        return False


def language(environment: Mapping[str, str] | None = None) -> Literal["zh", "en"]:
    """The language of whoever sits at the terminal, by the usual variables; English if not said."""
    given = os.environ if environment is None else environment
    said = next((given[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if given.get(name)), "")
    return "zh" if said.lower().startswith("zh") else "en"
