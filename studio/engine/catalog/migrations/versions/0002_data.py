"""What the data room keeps of versions, lineage and metadata."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("datasets", sa.Column("owner", sa.String(length=255), nullable=False, server_default=""))
    op.create_table(
        "dataset_versions",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("dataset_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("format", sa.String(length=32), nullable=False),
        sa.Column("fingerprint", sa.String(length=128), nullable=False),
        sa.Column("checksum", sa.String(length=128), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=True),
        sa.Column("size_bytes", sa.Integer(), nullable=True),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("origin", sa.JSON(), nullable=False),
        sa.Column("kept", sa.JSON(), nullable=True),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("versions_of_dataset", "dataset_versions", ["dataset_id", "number"], unique=True)
    op.create_table(
        "column_marks",
        sa.Column("dataset_id", sa.String(length=64), nullable=False),
        sa.Column("column", sa.String(length=512), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.JSON(), nullable=True),
        sa.Column("updated_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("dataset_id", "column", "kind"),
    )
    op.create_table(
        "dataset_samples",
        sa.Column("dataset_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=128), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("key_column", sa.String(length=512), nullable=False),
        sa.PrimaryKeyConstraint("dataset_id"),
    )
    op.create_table(
        "data_sources",
        sa.Column("name", sa.String(length=512), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=False),
        sa.Column("updated_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    _first_versions()


def _first_versions() -> None:
    """What every dataset is at the moment becomes the version that its number says."""
    op.execute(
        """
        INSERT INTO dataset_versions
            (id, dataset_id, number, path, format, fingerprint, checksum, rows, size_bytes, columns, origin, created_at)
        SELECT 'ver-' || lower(hex(randomblob(6))), id, version, storage_path, format, fingerprint, '', row_count, size_bytes,
            columns, '{"kind":"registered"}', updated_at
        FROM datasets
        """
    )


def downgrade() -> None:
    for table in ("data_sources", "dataset_samples", "column_marks", "dataset_versions"):
        op.drop_table(table)
    op.drop_column("datasets", "owner")
