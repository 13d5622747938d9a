"""Alembic's entry: changes the tables over the connection that `ctpn.serve.database.connect` gives."""

from alembic import context
from sqlalchemy import text

connection = context.config.attributes["connection"]
if connection.dialect.name == "postgresql":  # services that start together change the tables one after the other
    connection.execute(text("SELECT pg_advisory_xact_lock(7311)"))
context.configure(connection=connection)
context.run_migrations()
