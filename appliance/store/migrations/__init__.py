"""Brings a database to the schema of this program, one revision after the other, each in one transaction.

A revision is never edited after a release; a change of `schema.py` comes with a new one in `versions/`,
with `HEAD` raised here and with a sample database in `tests/data/`. Going back is not offered: restore the
backup.
"""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from appliance.store.errors import StoreDamagedError, StoreTooNewError

HEAD = "0001"
"""The newest revision. Stated here so that a start with nothing to do need not load Alembic (0.3 s)."""

_BASE = Path(__file__).parent


def revision_of(connection: Connection) -> str | None:
    """The revision the database is at; None for an empty one.

    Raises StoreDamagedError when there are tables but no revision: some other program's file.
    """
    tables = set(inspect(connection).get_table_names())
    if "alembic_version" in tables:
        row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
        if row is not None:
            return str(row[0])
    if tables - {"alembic_version"}:
        raise StoreDamagedError(
            "The database file belongs to another program: it has tables, but not ours. "
            "Give the box a directory of its own."
        )
    return None


def upgrade(connection: Connection) -> bool:
    """Make or migrate the schema; returns whether anything was done. Commits per revision.

    Raises StoreTooNewError for a revision this program does not know.
    """
    revision = revision_of(connection)
    connection.rollback()
    if revision == HEAD:
        return False
    if revision is not None and revision > HEAD:
        raise StoreTooNewError(
            f"The database was written by a newer version of Switchroom (its schema is {revision}, this "
            f"version knows {HEAD}). Install that version again, or restore a backup from before the update."
        )
    from alembic import command
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(_BASE).replace("%", "%%"))
    settings.attributes["connection"] = connection
    command.upgrade(settings, "head")
    return True
