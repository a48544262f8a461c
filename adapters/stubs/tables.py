"""The tables in which a simulated agency remembers messages, records and receipts."""

from __future__ import annotations

TABLES = """
CREATE TABLE IF NOT EXISTS messages (
    message_id TEXT PRIMARY KEY, name TEXT NOT NULL, taken_at REAL NOT NULL,
    records INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS errors (
    message_id TEXT PRIMARY KEY, times INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS records (
    seq INTEGER PRIMARY KEY, message TEXT NOT NULL, guid TEXT NOT NULL, key TEXT NOT NULL,
    message_id TEXT NOT NULL, facts TEXT NOT NULL, outcome TEXT NOT NULL,
    base REAL NOT NULL, pace REAL NOT NULL, times INTEGER NOT NULL, told_at REAL,
    UNIQUE (guid, message, key)
);
CREATE TABLE IF NOT EXISTS receipts (
    id INTEGER PRIMARY KEY, message TEXT NOT NULL, step TEXT NOT NULL, seqs TEXT NOT NULL,
    at REAL NOT NULL, due REAL NOT NULL, copies INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, delivered_at REAL
);
CREATE TABLE IF NOT EXISTS waiting (
    link TEXT NOT NULL, until TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (link, until, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS arrived (
    link TEXT NOT NULL, message TEXT NOT NULL, PRIMARY KEY (link, message)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS receipts_due ON receipts (due, id) WHERE delivered_at IS NULL;
"""
