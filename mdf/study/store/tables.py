"""The store's tables, in no database's dialect."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Integer, MetaData, String, Table, Text

SCHEMA = 1
"""Raised with every change of these tables."""

metadata = MetaData()

versions = Table("mdf_schema", metadata, Column("version", Integer, primary_key=True, autoincrement=False))

attempts = Table(
    "mdf_attempts",
    metadata,
    Column("home", String(64), primary_key=True, comment="which runs folder; empty in the one inside it"),
    Column("folder", String(512), primary_key=True, comment="in the runs folder: study/trial, study/trial.2"),
    Column("study", String(255), nullable=False, index=True),
    Column("trial", String(255), nullable=False, index=True),
    Column("attempt", Integer, nullable=False),
    Column("status", String(32), nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("started", String(40), nullable=False, comment="UTC, ISO 8601"),
    Column("ended", String(40), nullable=False, comment="UTC, ISO 8601"),
    Column("machine", String(255), nullable=False),
    Column("written", BigInteger, nullable=False, comment="when the result's file was, in ns"),
    Column("result", JSON, nullable=False, comment="the whole of result.json"),
)
