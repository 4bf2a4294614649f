"""Alembic's entry: runs the migrations on the engine that `migrate.py` hands over."""

from alembic import context
from sqlmodel import SQLModel

from dashboard.db import tables  # noqa: F401  # registers the tables

engine = context.config.attributes["engine"]

with engine.connect() as connection:
    # One migrator at a time: SQLite by its write lock, PostgreSQL by an advisory lock.
    if engine.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_lock(5465566)")
        connection.commit()
    context.configure(
        connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True
    )
    if engine.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
    finally:
        connection.rollback()
        if engine.dialect.name == "postgresql":
            # The connection goes back to its pool and lives on; the lock must not.
            connection.exec_driver_sql("SELECT pg_advisory_unlock(5465566)")
            connection.commit()
