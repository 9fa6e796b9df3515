"""Every table of the box, as SQLAlchemy Core sees it. `migrations/` makes them; a test holds both against
each other.

Times are steady UTC seconds (`clock.py`). JSON columns hold what `msgspec` encodes of the structs of
`core/`. The view `subscriber` is what Kamailio's auth_db reads; it has no table object because nothing of
ours queries it.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Serial = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit number: SQLite counts by itself only in a column called INTEGER."""

# --- the brain's memory -------------------------------------------------------------------------------------

journal = Table(
    "journal",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=False),
    Column("at", Float, nullable=False),
    Column("source", Text, nullable=False),
    Column("source_seq", Serial, nullable=False),
    Column("message", Text, nullable=False),
)
"""Every input of the engine since the newest snapshots, in order."""

journal_source = Table(
    "journal_source",
    metadata,
    Column("source", Text, primary_key=True),
    Column("newest_seq", Serial, nullable=False),
    Column("at", Float, nullable=False),
    sqlite_with_rowid=False,
)
"""The newest durable number of each reporting instance; outlives the journal's rows."""

snapshot = Table(
    "snapshot",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=False),
    Column("at", Float, nullable=False),
    Column("state", LargeBinary, nullable=False),
)
"""The engine's state after message `seq`."""

_OF_A_CONTACT = text("contact IS NOT NULL")
_OF_THE_BOX = text("contact IS NULL")

fact = Table(
    "fact",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("seq", Serial, nullable=False),
    Column("at", Float, nullable=False),
    Column("contact", Text),
    Column("type", Text, nullable=False),
    Column("body", Text, nullable=False),
    Index("ix_fact_contact", "contact", sqlite_where=_OF_A_CONTACT, postgresql_where=_OF_A_CONTACT),
    Index("ix_fact_box_at", "at", sqlite_where=_OF_THE_BOX, postgresql_where=_OF_THE_BOX),
)
"""What the engine concluded, for ever. `seq`: the message it was concluded from."""

boot = Table(
    "boot",
    metadata,
    Column("boot_id", Text, primary_key=True),
    Column("offset_s", Float, nullable=False),
    Column("first_at", Float, nullable=False),
)
"""The clock's anchor per boot; also: this file was checked through in this boot."""

# --- history, folded from facts (records.py) ----------------------------------------------------------------

_IDENTIFIED = text("customer_id IS NOT NULL")

contact = Table(
    "contact",
    metadata,
    Column("id", Text, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("direction", Text, nullable=False),
    Column("from_number", Text, nullable=False),
    Column("e164", Text, nullable=False),
    Column("to_number", Text, nullable=False),
    Column("trunk", Text),
    Column("extension", Text),
    Column("opened_at", Float, nullable=False, index=True),
    Column("queued_at", Float),
    Column("answered_at", Float),
    Column("closed_at", Float),
    Column("outcome", Text),
    Column("place", Text, nullable=False),
    Column("code", Integer),
    Column("queue", Text),
    Column("agent", Text),
    Column("answered_by", Text, nullable=False),
    Column("waited_s", Float, nullable=False),
    Column("talked_s", Float, nullable=False),
    Column("held_at", Float),
    Column("held_s", Float, nullable=False),
    Column("language", Text, nullable=False),
    Column("verdict", Text),
    Column("customer_id", Serial),
    Column("offers", Integer, nullable=False),
    Column("missed_offers", Integer, nullable=False),
    Column("transfers", Integer, nullable=False),
    Column("transferred_to", Text, nullable=False),
    Column("transfer_reason", Text, nullable=False),
    Column("recordings", Integer, nullable=False),
    Column("recording_missing", Text, nullable=False),
    Column("disposition", Text, nullable=False),
    Column("wrap_up_s", Float, nullable=False),
    Column("note", Text, nullable=False),
    Column("survey", JSON, nullable=False),
    Column("attributes", JSON, nullable=False),
    Index("ix_contact_e164", "e164", "opened_at"),
    Index("ix_contact_customer_id", "customer_id", "opened_at", sqlite_where=_IDENTIFIED, postgresql_where=_IDENTIFIED),
    sqlite_with_rowid=False,
)
"""One row per contact: the CDR, and what the contact list shows."""

recording = Table(
    "recording",
    metadata,
    Column("id", Text, primary_key=True),
    Column("contact", Text, nullable=False, index=True),
    Column("kept_at", Float, nullable=False, index=True),
    Column("path", Text, nullable=False),
    Column("duration_s", Float, nullable=False),
    Column("size_bytes", Serial, nullable=False),
    Column("peaks", JSON, nullable=False),
    Column("deleted_at", Float),
)
"""One row per stored recording. `path` is relative to the recordings directory; `deleted_at`: the file is
gone.
"""

# --- people -------------------------------------------------------------------------------------------------

customer = Table(
    "customer",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("name", Text, nullable=False),
    Column("company", Text, nullable=False),
    Column("language", Text),
    Column("note", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("changed_at", Float, nullable=False),
)
"""A person or firm. `words`: name and company in lower case of every script, for the search."""

customer_number = Table(
    "customer_number",
    metadata,
    Column("e164", Text, primary_key=True),
    Column("customer", Serial, ForeignKey("customer.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("position", Integer, nullable=False),
)

user = Table(
    "user",
    metadata,
    Column("name", Text, primary_key=True),
    Column("password_hash", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("changed_at", Float, nullable=False),
)
"""A login. An agent's login has the agent's id as its name."""

session = Table(
    "session",
    metadata,
    Column("token_sha256", Text, primary_key=True),
    Column("user", Text, ForeignKey("user.name", ondelete="CASCADE"), nullable=False, index=True),
    Column("opened_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
)

# --- the directory ------------------------------------------------------------------------------------------

entry = Table(
    "entry",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("body", Text, nullable=False),
)
"""What an administrator edits: one struct of `core/directory.py` as JSON."""

directory_version = Table(
    "directory_version",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    CheckConstraint("id = 1", name="one"),
)

extension_secret = Table(
    "extension_secret",
    metadata,
    Column("number", Text, primary_key=True),
    Column("realm", Text, nullable=False),
    Column("ha1", Text, nullable=False),
)
"""Digest hashes (RFC 7616 §3.4.2); the passwords themselves are kept nowhere."""

trunk_secret = Table(
    "trunk_secret",
    metadata,
    Column("trunk", Text, primary_key=True),
    Column("password", Text, nullable=False),
)
"""A provider's password, in clear, because we must answer the provider's challenges with it."""

audit = Table(
    "audit",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("at", Float, nullable=False, index=True),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("before", Text),
    Column("after", Text),
)
"""Who changed what. `before` and `after` are JSON without secrets."""

# --- what flows may look up ---------------------------------------------------------------------------------

lookup = Table(
    "lookup",
    metadata,
    Column("name", Text, primary_key=True),
    Column("relation", Text, nullable=False),
    Column("key_column", Text, nullable=False),
    Column("columns", JSON, nullable=False),
)
"""The look-ups an administrator opened to flows: columns of one table or view, by one key."""

orders = Table(
    "orders",
    metadata,
    Column("number", Text, primary_key=True),
    Column("customer", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("items", Integer, nullable=False),
    Column("total", Float, nullable=False),
    Column("delivery_on", Text, nullable=False),
)
"""Demonstration data for the look-up node."""

SUBSCRIBER_VIEW = "CREATE VIEW subscriber AS SELECT number AS username, ha1 FROM extension_secret"
"""For Kamailio's auth_db: `version_table=0`, `calculate_ha1=0`, `password_column=ha1`, `use_domain=0`."""
