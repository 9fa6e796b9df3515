"""What Alembic runs for every command; the connection comes from `upgrade()`."""

from alembic import context
from sqlalchemy import Connection

from appliance.store.schema import metadata

connection = context.config.attributes["connection"]
assert isinstance(connection, Connection)
context.configure(
    connection=connection,
    target_metadata=metadata,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
