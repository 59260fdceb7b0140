"""Versions of workflows, their schedules, and where a run came from."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "workflow_versions",
        sa.Column("workflow_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("workflow_id", "number"),
    )
    op.execute(
        "INSERT INTO workflow_versions (workflow_id, number, name, definition, created_at) "
        "SELECT id, version, '', definition, updated_at FROM workflows"
    )
    op.create_table(
        "schedules",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("workflow_id", sa.String(length=64), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("schedules_by_workflow", "schedules", ["workflow_id"], unique=False)
    op.add_column("executions", sa.Column("source", sa.String(length=64), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("executions", "source")
    op.drop_index("schedules_by_workflow", table_name="schedules")
    op.drop_table("schedules")
    op.drop_table("workflow_versions")
