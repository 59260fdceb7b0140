"""Workflows that are published as tools, and what a person thought of an answer."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("workflows", sa.Column("published", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("messages", sa.Column("feedback", sa.String(length=8), nullable=False, server_default=""))
    # What a thread's model may run already stays so.
    op.execute(
        "UPDATE workflows SET published = 1 "
        "WHERE EXISTS (SELECT 1 FROM threads WHERE threads.tools LIKE '%workflow:' || workflows.id || '%')"
    )


def downgrade() -> None:
    op.drop_column("messages", "feedback")
    op.drop_column("workflows", "published")
