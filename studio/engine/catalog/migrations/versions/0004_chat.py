"""Folders and tools of threads, attachments and edits of messages, and every word of the messages to be searched."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NUMBER = "(SELECT number FROM message_numbers WHERE message_id = new.id)"
INDEX = f"""
    INSERT OR IGNORE INTO message_numbers (message_id) VALUES (new.id);
    DELETE FROM message_words WHERE rowid = {NUMBER};
    INSERT INTO message_words (rowid, content) SELECT {NUMBER}, new.content;
"""


def upgrade() -> None:
    for column in (
        sa.Column("folder", sa.String(length=255), nullable=False, server_default=""),
        sa.Column("title_by", sa.String(length=16), nullable=False, server_default="person"),
        sa.Column("tools", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("allowed", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("beside", sa.String(length=255), nullable=False, server_default=""),
    ):
        op.add_column("threads", column)
    for column in (
        sa.Column("attachments", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("beside", sa.String(length=64), nullable=False, server_default=""),
        sa.Column("edited", sa.Boolean(), nullable=False, server_default=sa.false()),
    ):
        op.add_column("messages", column)
    op.create_table(
        "message_numbers",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("message_numbers_by_message", "message_numbers", ["message_id"], unique=True)
    _words()


def _words() -> None:
    """Pieces of three characters find words of any language; what is still being written is indexed at its end."""
    op.execute("CREATE VIRTUAL TABLE message_words USING fts5(content, tokenize='trigram')")
    op.execute(f"CREATE TRIGGER message_words_new AFTER INSERT ON messages WHEN new.status <> 'streaming' BEGIN {INDEX} END")
    op.execute(
        "CREATE TRIGGER message_words_changed AFTER UPDATE OF content, status ON messages WHEN new.status <> 'streaming' "
        f"BEGIN {INDEX} END"
    )
    op.execute(
        """
        CREATE TRIGGER message_words_gone AFTER DELETE ON messages BEGIN
            DELETE FROM message_words WHERE rowid = (SELECT number FROM message_numbers WHERE message_id = old.id);
            DELETE FROM message_numbers WHERE message_id = old.id;
        END
        """
    )
    op.execute("INSERT INTO message_numbers (message_id) SELECT id FROM messages ORDER BY created_at")
    op.execute(
        """
        INSERT INTO message_words (rowid, content)
        SELECT number, content FROM message_numbers JOIN messages ON messages.id = message_id WHERE status <> 'streaming'
        """
    )


def downgrade() -> None:
    for trigger in ("message_words_new", "message_words_changed", "message_words_gone"):
        op.execute(f"DROP TRIGGER {trigger}")
    op.drop_table("message_words")
    op.drop_table("message_numbers")
    for table, names in (
        ("threads", ("folder", "title_by", "tools", "allowed", "beside")),
        ("messages", ("attachments", "beside", "edited")),
    ):
        for name in names:
            op.drop_column(table, name)
