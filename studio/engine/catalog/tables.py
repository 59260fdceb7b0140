"""Every table of the catalog. A change here needs a migration in `migrations/versions`.

Times are UTC seconds since 1970 (float). JSON columns hold what is only ever read whole.
"""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Index, Integer, MetaData, String, Table, Text

metadata = MetaData()


def _id() -> Column[str]:
    return Column("id", String(64), primary_key=True)


datasets = Table(
    "datasets",
    metadata,
    _id(),
    Column("name", String(255), nullable=False),
    Column("description", Text, nullable=False, default=""),
    Column("storage_type", String(32), nullable=False),
    Column("storage_path", Text, nullable=False),
    Column("format", String(32), nullable=False, default=""),
    Column("status", String(32), nullable=False),
    Column("status_reason", JSON),
    Column("row_count", Integer),
    Column("size_bytes", Integer),
    Column("tags", JSON, nullable=False, default=list),
    Column("columns", JSON, nullable=False, default=list),
    Column("statistics", JSON, nullable=False, default=dict),
    Column("version", Integer, nullable=False, default=1),
    Column("fingerprint", String(128), nullable=False, default=""),
    Column("owner", String(255), nullable=False, default=""),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
    Column("deleted_at", Float),
    Index("datasets_by_name", "name"),
)

dataset_versions = Table(
    "dataset_versions",
    metadata,
    _id(),
    Column("dataset_id", String(64), nullable=False),
    Column("number", Integer, nullable=False),
    Column("path", Text, nullable=False),
    Column("format", String(32), nullable=False, default=""),
    Column("fingerprint", String(128), nullable=False, default=""),
    Column("checksum", String(128), nullable=False, default=""),
    Column("rows", Integer),
    Column("size_bytes", Integer),
    Column("columns", JSON, nullable=False, default=list),
    Column("origin", JSON, nullable=False, default=dict),
    Column("kept", JSON),
    Column("created_at", Float, nullable=False),
    Index("versions_of_dataset", "dataset_id", "number", unique=True),
)

column_marks = Table(
    "column_marks",
    metadata,
    Column("dataset_id", String(64), primary_key=True),
    Column("column", String(512), primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("reason", JSON),
    Column("updated_at", Float, nullable=False),
)

dataset_samples = Table(
    "dataset_samples",
    metadata,
    Column("dataset_id", String(64), primary_key=True),
    Column("fingerprint", String(128), nullable=False),
    Column("values", JSON, nullable=False, default=dict),
    Column("key_column", String(512), nullable=False, default=""),
)

data_sources = Table(
    "data_sources",
    metadata,
    Column("name", String(512), primary_key=True),
    Column("description", Text, nullable=False, default=""),
    Column("tags", JSON, nullable=False, default=list),
    Column("owner", String(255), nullable=False, default=""),
    Column("updated_at", Float, nullable=False),
)

queries = Table(
    "queries",
    metadata,
    _id(),
    Column("sql", Text, nullable=False),
    Column("status", String(32), nullable=False),
    Column("rows", Integer),
    Column("seconds", Float),
    Column("error", Text),
    Column("started_at", Float, nullable=False),
    Index("queries_by_time", "started_at"),
)

models = Table(
    "models",
    metadata,
    _id(),
    Column("name", String(255), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("backend", String(32), nullable=False),
    Column("location", Text, nullable=False),
    Column("details", JSON, nullable=False, default=dict),
    Column("load_settings", JSON, nullable=False, default=dict),
    Column("created_at", Float, nullable=False),
    Column("used_at", Float),
    Column("deleted_at", Float),
)

downloads = Table(
    "downloads",
    metadata,
    _id(),
    Column("repository", String(255), nullable=False),
    Column("status", String(32), nullable=False),
    Column("details", JSON, nullable=False, default=dict),
    Column("created_at", Float, nullable=False),
    Column("finished_at", Float),
    Index("downloads_by_time", "created_at"),
)

model_aliases = Table(
    "model_aliases",
    metadata,
    Column("alias", String(255), primary_key=True),
    Column("target", String(255), nullable=False),
)

collections = Table(
    "collections",
    metadata,
    _id(),
    Column("name", String(255), nullable=False),
    Column("description", Text, nullable=False, default=""),
    Column("embedder", String(255), nullable=False),
    Column("dimensions", Integer, nullable=False),
    Column("settings", JSON, nullable=False, default=dict),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
    Column("deleted_at", Float),
)

documents = Table(
    "documents",
    metadata,
    _id(),
    Column("collection_id", String(64), ForeignKey("collections.id"), nullable=False),
    Column("file_name", String(512), nullable=False),
    Column("title", String(512), nullable=False, default=""),
    Column("source_path", Text, nullable=False, default=""),
    Column("digest", String(128), nullable=False, default=""),
    Column("format", String(32), nullable=False, default=""),
    Column("status", String(32), nullable=False),
    Column("reason", JSON),
    Column("size_bytes", Integer, nullable=False, default=0),
    Column("page_count", Integer),
    Column("chunk_count", Integer, nullable=False, default=0),
    Column("details", JSON, nullable=False, default=dict),
    Column("added_at", Float, nullable=False),
    Column("indexed_at", Float),
    Index("documents_by_collection", "collection_id"),
)

threads = Table(
    "threads",
    metadata,
    _id(),
    Column("title", String(512), nullable=False, default=""),
    Column("pinned", Boolean, nullable=False, default=False),
    Column("model", String(255), nullable=False, default=""),
    Column("knowledge", JSON, nullable=False, default=list),
    Column("datasets", JSON, nullable=False, default=list),
    Column("leaf_id", String(64)),
    Column("folder", String(255), nullable=False, default=""),
    Column("title_by", String(16), nullable=False, default=""),
    Column("tools", JSON, nullable=False, default=list),
    Column("allowed", JSON, nullable=False, default=list),
    Column("beside", String(255), nullable=False, default=""),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
    Column("deleted_at", Float),
    Index("threads_by_time", "updated_at"),
)

messages = Table(
    "messages",
    metadata,
    _id(),
    Column("thread_id", String(64), ForeignKey("threads.id"), nullable=False),
    Column("parent_id", String(64)),
    Column("role", String(16), nullable=False),
    Column("content", Text, nullable=False, default=""),
    Column("status", String(32), nullable=False),
    Column("model", String(255), nullable=False, default=""),
    Column("sources", JSON, nullable=False, default=list),
    Column("steps", JSON, nullable=False, default=list),
    Column("usage", JSON, nullable=False, default=dict),
    Column("error", JSON),
    Column("attachments", JSON, nullable=False, default=list),
    Column("beside", String(64), nullable=False, default=""),
    Column("edited", Boolean, nullable=False, default=False),
    Column("feedback", String(8), nullable=False, default=""),
    Column("created_at", Float, nullable=False),
    Index("messages_by_thread", "thread_id", "created_at"),
)

message_numbers = Table(  # the rows of `message_words`, SQLite's full-text index, which triggers keep in step
    "message_numbers",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("message_id", String(64), nullable=False),
    Index("message_numbers_by_message", "message_id", unique=True),
)

workflows = Table(
    "workflows",
    metadata,
    _id(),
    Column("name", String(255), nullable=False),
    Column("description", Text, nullable=False, default=""),
    Column("definition", JSON, nullable=False),
    Column("version", Integer, nullable=False, default=1),
    Column("published", Boolean, nullable=False, default=False),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
    Column("deleted_at", Float),
)

workflow_versions = Table(
    "workflow_versions",
    metadata,
    Column("workflow_id", String(64), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("name", String(255), nullable=False, default=""),
    Column("definition", JSON, nullable=False),
    Column("created_at", Float, nullable=False),
)

schedules = Table(
    "schedules",
    metadata,
    _id(),
    Column("workflow_id", String(64), nullable=False),
    Column("settings", JSON, nullable=False),
    Column("paused", Boolean, nullable=False, default=False),
    Column("state", JSON, nullable=False, default=dict),
    Column("created_at", Float, nullable=False),
    Index("schedules_by_workflow", "workflow_id"),
)

executions = Table(
    "executions",
    metadata,
    _id(),
    Column("workflow_id", String(64), nullable=False),
    Column("workflow_name", String(255), nullable=False, default=""),
    Column("definition", JSON, nullable=False),
    Column("status", String(32), nullable=False),
    Column("inputs", JSON, nullable=False, default=dict),
    Column("outputs", JSON, nullable=False, default=dict),
    Column("error", JSON),
    Column("created_at", Float, nullable=False),
    Column("started_at", Float),
    Column("completed_at", Float),
    Column("source", String(64), nullable=False, default="", server_default=""),
    Column("waited", Float, nullable=False, default=0.0, server_default="0"),
    Index("executions_by_time", "created_at"),
    Index("executions_by_workflow", "workflow_id"),
)

jobs = Table(
    "jobs",
    metadata,
    _id(),
    Column("kind", String(64), nullable=False),
    Column("title", JSON, nullable=False),
    Column("status", String(32), nullable=False),
    Column("progress", Float),
    Column("message", JSON),
    Column("payload", JSON, nullable=False, default=dict),
    Column("error", JSON),
    Column("created_at", Float, nullable=False),
    Column("finished_at", Float),
    Index("jobs_by_time", "created_at"),
)

clusters = Table(
    "clusters",
    metadata,
    _id(),
    Column("name", String(255), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("url", Text, nullable=False),
    Column("details", JSON, nullable=False, default=dict),
    Column("created_at", Float, nullable=False),
    Column("seen_at", Float),
)

recent = Table(
    "recent",
    metadata,
    Column("kind", String(32), primary_key=True),
    Column("object_id", String(64), primary_key=True),
    Column("opened_at", Float, nullable=False),
)

notes = Table(
    "notes",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("value", JSON, nullable=False),
)
