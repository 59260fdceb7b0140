"""What a text of SQL may see: the datasets that it names, opened, and what keeps one of them from being read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from studio.engine.datasets.dataset import Dataset
from studio.engine.datasets.locked import SqlProblem
from studio.engine.datasets.service import Datasets
from studio.engine.datasets.source import Source
from studio.engine.datasets.version import version_address
from studio.engine.errors import StudioError
from studio.engine.sql.statements import names_in


@dataclass(frozen=True)
class Visible:
    """Arrow datasets and tables by the names that SQL knows them by. `known` are all names there are."""

    tables: Mapping[str, Any]
    known: Sequence[str] = ()
    datasets: Sequence[Dataset] = ()
    sources: Mapping[str, Source] = field(default_factory=dict)  # by id
    problems: Mapping[str, StudioError] = field(default_factory=dict)

    def reason(self, error: SqlProblem) -> StudioError:
        """Why a table is missing, where it is a dataset that cannot be read; else the error itself."""
        said = error.message.en.lower()
        return next((problem for name, problem in self.problems.items() if f"“{name}”".lower() in said), error)


View = Callable[[], Awaitable[Any]]


def _versions(named: Collection[str], there: Sequence[Dataset]) -> Iterator[tuple[str, Dataset, str]]:
    """The versions that a text names: its name there, the dataset, and the version's address."""
    for name in named:
        of, number = version_address(name)
        if number is None:
            continue
        for dataset in there:
            if of in (dataset.name.lower(), dataset.id.lower()):
                yield name, dataset, f"{dataset.id}@{number}"


async def visible(
    datasets: Datasets, sql: str, only: Sequence[str] | None = None, views: Mapping[str, View] | None = None
) -> Visible:
    """Open what the text names, by id or name, or a version of it as "orders@2". `only` narrows what there is; `views` are
    tables that are made when named."""
    there = await datasets.list()
    if only is not None:
        wanted = {(await datasets.get(name)).id for name in only}
        there = [dataset for dataset in there if dataset.id in wanted]
    named = names_in(sql)
    mentioned = [each for each in there if each.id.lower() in named or each.name.lower() in named]
    tables: dict[str, Any] = {}
    problems: dict[str, StudioError] = {}
    sources: dict[str, Source] = {}
    for dataset in mentioned:
        try:
            source = sources[dataset.id] = await datasets.source(dataset.id)
            table = await asyncio.to_thread(source.dataset)
        except StudioError as error:
            problems |= {dataset.id: error, dataset.name: error}
            continue
        tables |= {dataset.id: table, dataset.name: table}
    for name, dataset, address in _versions(named, there):
        try:
            source = await datasets.source(address)
            tables[name] = await asyncio.to_thread(source.dataset)
        except StudioError as error:
            problems[name] = error
            continue
        mentioned += [] if dataset in mentioned else [dataset]
    for name, view in (views or {}).items() if only is None else ():
        if name in named and name not in tables:
            tables[name] = await view()
    return Visible(tables, [dataset.name for dataset in there], mentioned, sources, problems)
