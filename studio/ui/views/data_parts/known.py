"""What is known of the dataset in the inspector, read from the engine in one go, and how it is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from studio.engine.datasets.reading import quoted
from studio.engine.text import Text
from studio.ui import when
from studio.ui.language import tr
from studio.ui.views.data_parts import words
from studio.ui.widgets.cells import ICONS, kind_of
from studio.ui.widgets.rows import Row

if TYPE_CHECKING:
    from studio.engine.datasets.dataset import Column
    from studio.engine.datasets.version import Version
    from studio.engine.lineage.lineage import Lineage, Step, Use
    from studio.engine.metadata.marks import Mark

PERSONAL = Text("PII", "个人信息")
STEP_ICONS = {
    "file": "file", "folder": "folder", "object_store": "cloud", "database": "database", "web": "globe", "copy": "layers",
    "dataset": "table-2", "query": "file-code", "workflow": "workflow", "version": "table-2",
}  # fmt: skip
USE_ICONS = {
    "query": "file-code", "history": "history", "workflow": "workflow", "collection": "library",
    "thread": "messages-square", "dataset": "table-2",
}  # fmt: skip
STATES = {
    "current": Text("Current", "当前"), "here": Text("At its place", "仍在原处"),
    "kept": Text("Kept", "已保留"), "gone": Text("Not kept", "未保留"),
}  # fmt: skip


@dataclass(frozen=True)
class Known:
    """Marks of personal data, the key column, lineage and versions of one dataset."""

    dataset_id: str
    marks: Sequence[Mark] = ()
    key: str = ""
    lineage: Lineage | None = None
    versions: Sequence[Version] = field(default=())

    def mark(self, column: str) -> Mark | None:
        """What is to be told of a column: what a person confirmed first, what was rejected last."""
        order = {"confirmed": 0, "found": 1, "rejected": 2}
        here = sorted((each for each in self.marks if each.column == column), key=lambda each: order[each.state])
        return here[0] if here else None


async def read_known(engine: Any, dataset_id: str) -> Known:
    """Ask the engine; runs on its thread."""
    return Known(
        dataset_id,
        await engine.metadata.marks(dataset_id),
        await engine.metadata.key_column(dataset_id),
        await engine.lineage.of(dataset_id),
        await engine.datasets.versions(dataset_id),
    )


def column_row(column: Column, known: Known | None) -> Row:
    """A column with its key and its mark: a found one is amber, a confirmed one red, a rejected one shows nothing."""
    mark = known.mark(column.name) if known else None
    shown = mark is not None and mark.state != "rejected"
    return Row(
        column.name, column.name, icon=ICONS[kind_of(column.type)], trailing=column.type, hint=_hint(column, mark, known),
        after="key-round" if known and known.key == column.name else "", drag=quoted(column.name),
        mark=PERSONAL if shown else "", mark_tone="danger" if mark and mark.state == "confirmed" else "warning",
    )  # fmt: skip


def step_row(place: int, step: Step, last: bool = False) -> Row:
    """One step of where a dataset comes from; a line leads to the next one."""
    at = when.moment(step.at) if step.at else None
    detail = Text(f"{at.en} · {step.detail.en}", f"{at.zh} · {step.detail.zh}") if at else step.detail
    detail = at if at and not step.detail.en else detail
    return Row(f"step:{place}", step.title, detail, STEP_ICONS[step.kind], hint=step.sql or step.title, joined=not last)


def use_row(place: int, use: Use) -> Row:
    trailing = when.moment(use.at) if use.kind == "workflow" and use.at else use.detail
    return Row(f"use:{place}", use.title, icon=USE_ICONS[use.kind], trailing=trailing, hint=_use_hint(use))


def version_row(version: Version) -> Row:
    """A version: its number, when, how many rows; what is still there of it."""
    rows, at = words.rows(version.rows), when.moment(version.created_at)
    how = origin_of(version)
    detail = Text(f"{at.en} · {rows.en}{how.en}", f"{at.zh} · {rows.zh}{how.zh}")
    tone = "success" if version.state == "current" else "danger" if version.state == "gone" else None
    title = Text(f"Version {version.number}", f"版本 {version.number}")
    return Row(
        str(version.number), title, detail, "git-commit-horizontal", trailing=STATES[version.state], tone=tone,
        hint=_checksum(version),
    )  # fmt: skip


def origin_of(version: Version) -> Text:
    """How a version came to be, where that is worth a word."""
    kind, number = version.origin.get("kind"), version.origin.get("version")
    told = {
        "rollback": Text(f" · back to version {number}", f" · 回滚到版本 {number}"),
        "query": Text(" · from a query", " · 来自查询"),
        "workflow": Text(" · from a workflow run", " · 来自工作流运行"),
        "path": Text(" · new path", " · 新路径"),
    }
    return told.get(str(kind), Text("", ""))


def _checksum(version: Version) -> str:
    return f"{version.path}\nSHA-256 {version.checksum}" if version.checksum else version.path


def _hint(column: Column, mark: Mark | None, known: Known | None) -> str:
    parts = [column.description]
    if mark is not None:
        said = {
            "found": Text(f"May hold {mark.title.en}.", f"可能包含{mark.title.zh}。"),
            "confirmed": Text(f"Holds {mark.title.en}.", f"包含{mark.title.zh}。"),
            "rejected": Text(f"No {mark.title.en}, a person said.", f"已由人工确认不含{mark.title.zh}。"),
        }[mark.state]
        parts += [tr(said), tr(mark.reason) if mark.reason and mark.state == "found" else ""]
    origins = known.lineage.columns.get(column.name, []) if known and known.lineage else []
    if origins:
        made = ", ".join(f"{each.dataset}.{each.column}" for each in origins)
        parts.append(tr(Text(f"Made of {made}", f"来自 {made}")))
    return "\n".join(part for part in parts if part)


def _use_hint(use: Use) -> str:
    if not use.columns:
        return use.sql[:400] or use.title
    names = ", ".join(use.columns[:20])
    return tr(Text(f"Reads {names}", f"读取 {names}")) + (f"\n{use.sql[:400]}" if use.sql else "")
