"""The metadata store: SQLAlchemy Core on SQLite in WAL mode, migrated by Alembic, backed up at every start."""

from studio.engine.catalog.catalog import Catalog

__all__ = ["Catalog"]
