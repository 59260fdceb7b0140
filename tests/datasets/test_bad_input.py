"""Bad input: each is a clear error, or is read with what is wrong listed, on that dataset alone; the others stay usable."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow
import pyarrow.feather
import pyarrow.parquet
import pytest

from studio.engine.datasets.source import Broken
from studio.engine.errors import StudioError, Unavailable
from tests.data_rooms import Rooms, open_rooms

GOOD = {"id": [1, 2, 3]}
NOBODY = 65534
ODD = """it's a "folder" of 数据 🐟 #1 [a]%20;{b}*?$'"""


@pytest.fixture
async def rooms(tmp_path: Path) -> AsyncIterator[Rooms]:
    """Rooms with a sound dataset, which has to be sound afterwards."""
    async with open_rooms(tmp_path / "home") as opened:
        pyarrow.parquet.write_table(pyarrow.table(GOOD), tmp_path / "good.parquet")
        await opened.datasets.register(tmp_path / "good.parquet", "good")
        yield opened
        for job in opened.jobs.running():
            await opened.jobs.cancel(job.id)
        assert (await opened.datasets.page("good", 0, 10)).to_pydict() == GOOD
        assert (await opened.sql.query('SELECT sum(id) AS s FROM "good"')).table.to_pydict() == {"s": [6]}


async def breaks(rooms: Rooms, path: Path, good: bytes, bad: bytes) -> StudioError:
    """Register a good file, spoil it, and see that the dataset says so; what is said."""
    path.write_bytes(good)
    dataset = await rooms.datasets.register(path)
    path.write_bytes(bad)
    with pytest.raises(StudioError) as caught:
        await rooms.datasets.page(dataset.id, 0, 10)
    told = await rooms.datasets.get(dataset.id)
    assert told.status == "broken" and path.name in told.status_reason.en and path.name in told.status_reason.zh
    path.write_bytes(good)
    assert (await rooms.datasets.refresh(dataset.id)).status == "active"
    return caught.value


@pytest.mark.parametrize("keep", [0, 4, 100, 0.5, -1])
async def test_a_truncated_parquet_file_is_broken_and_comes_back(rooms: Rooms, tmp_path: Path, keep: float) -> None:
    whole = tmp_path / "whole"
    pyarrow.parquet.write_table(pyarrow.table({"n": list(range(10_000))}), whole)
    good = whole.read_bytes()
    length = int(len(good) * keep) if 0 < keep < 1 else int(keep)
    error = await breaks(rooms, tmp_path / "cut.parquet", good, good[:length])
    assert isinstance(error, Broken) and error.repair is not None


async def test_one_truncated_file_among_many_is_the_one_that_is_named(rooms: Rooms, tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    for number in range(20):
        pyarrow.parquet.write_table(pyarrow.table({"n": [number]}), folder / f"{number:02}.parquet")
    (folder / "07.parquet").write_bytes((folder / "07.parquet").read_bytes()[:50])
    with pytest.raises(Broken, match=r"07\.parquet"):
        await rooms.datasets.register(folder)


async def test_a_csv_file_with_a_nul_byte_is_read_and_the_line_is_listed(rooms: Rooms, tmp_path: Path) -> None:
    path = tmp_path / "nul.csv"
    path.write_bytes(b"id,name\n1,one\n2,t\0wo\n3,three\n")
    dataset = await rooms.datasets.register(path)
    bad = dataset.statistics["bad_lines"]
    assert dataset.row_count == 3 and (bad["count"], bad["first"][0]["line"]) == (1, 3)
    assert "NUL" in bad["first"][0]["reason"] and bad["first"][0]["text"] == "2,t␀wo"
    page = await rooms.datasets.page(dataset.id, 0, 10, columns=["id"])
    assert page.to_pydict() == {"id": [1, 2, 3]}


async def test_a_file_of_bytes_named_csv_is_broken(rooms: Rooms, tmp_path: Path) -> None:
    error = await breaks(rooms, tmp_path / "bytes.csv", b"a,b\n1,2\n", os.urandom(300_000))
    assert isinstance(error, Broken)


async def test_a_half_broken_csv_file_opens_with_every_line_accounted_for(rooms: Rooms, tmp_path: Path) -> None:
    lines = [f"{n},name {n},{n / 2}" if n % 3 else f"{n},too few" for n in range(30_000)]
    (tmp_path / "half.csv").write_text("id,name,amount\n" + "\n".join(lines) + "\n")
    dataset = await rooms.datasets.register(tmp_path / "half.csv")
    bad = dataset.statistics["bad_lines"]
    assert dataset.row_count == 20_000 and bad["count"] == 10_000 and bad["kept"] == 0 and len(bad["first"]) == 100
    assert (bad["first"][1]["line"], bad["first"][1]["text"]) == (5, "3,too few")


def _read_in_a_child(path: Path, home: Path) -> dict[str, object]:
    """Register and read a file in a process of its own: what came of it, and the most memory it had beyond its imports."""
    code = textwrap.dedent("""
        import asyncio, json, sys
        from pathlib import Path
        import duckdb, pyarrow.parquet
        from studio.engine.errors import StudioError
        from tests.data_rooms import open_rooms

        def peak():  # of this process alone: ru_maxrss counts who started it, too
            return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) >> 10

        async def main():
            async with open_rooms(Path(sys.argv[2])) as rooms:
                before = peak()
                try:
                    dataset = await rooms.datasets.register(sys.argv[1])
                    found = {"rows": await rooms.datasets.count(dataset.id)}
                except StudioError as error:
                    found = {"error": error.whole().en}
                print(json.dumps({**found, "megabytes": peak() - before}))

        asyncio.run(main())
    """)
    command = [sys.executable, "-c", code, str(path), str(home)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _gigabyte(path: Path, begin: bytes, piece: bytes, end: bytes) -> None:
    with path.open("wb") as file:
        file.write(begin)
        block = piece * ((4 << 20) // len(piece))
        while file.tell() < 1 << 30:
            file.write(block)
        file.write(end)


@pytest.mark.slow
def test_a_gigabyte_of_json_in_one_object_is_an_error_and_not_the_end_of_the_memory(tmp_path: Path) -> None:
    _gigabyte(tmp_path / "one.json", b'{"text": "', b"x" * 1024, b'"}')
    told = _read_in_a_child(tmp_path / "one.json", tmp_path / "home")
    assert "one.json" in str(told["error"]) and "32 MB" in str(told["error"])
    assert int(str(told["megabytes"])) < 700


@pytest.mark.slow
def test_a_gigabyte_of_json_in_one_line_of_many_objects_is_read_in_bounded_memory(tmp_path: Path) -> None:
    piece = b'{"id": 1, "name": "' + b"n" * 400 + b'", "amount": 1.5}, '
    _gigabyte(tmp_path / "list.json", b"[", piece, b'{"id": 2, "name": "last", "amount": 2.5}]')
    told = _read_in_a_child(tmp_path / "list.json", tmp_path / "home")
    assert int(str(told.get("rows", 0))) > 2_000_000, told
    assert int(str(told["megabytes"])) < 1500


async def test_a_zip_bomb_named_csv_gz_is_refused_before_it_fills_the_disk(
    rooms: Rooms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.engine.datasets.encodings.FREE_RATIO", 1 << 24)
    path = tmp_path / "bomb.csv.gz"
    with gzip.open(path, "wb", 9) as packed:
        packed.write(b"id,name\n")
        for _ in range(64):
            packed.write(b"0" * (1 << 20))
    assert path.stat().st_size < 1 << 17
    with pytest.raises(Broken, match="bomb") as caught:
        await rooms.datasets.register(path)
    assert "unpacks to more than" in caught.value.message.en
    left = sum(file.stat().st_size for file in rooms.paths.cache.rglob("*") if file.is_file())
    assert left < 1 << 20, "what was unpacked is gone"


async def test_a_gz_file_that_is_none_is_broken(rooms: Rooms, tmp_path: Path) -> None:
    good = gzip.compress(b"a,b\n1,2\n")
    assert isinstance(await breaks(rooms, tmp_path / "a.csv.gz", good, b"a,b\n1,2\n"), Broken)
    assert isinstance(await breaks(rooms, tmp_path / "b.csv.gz", good, good[:-9]), Broken)


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl", "feather"])
async def test_a_column_with_a_terrible_name_is_a_column(rooms: Rooms, tmp_path: Path, kind: str) -> None:
    name = '"; drop table data; --'
    table = pyarrow.table({name: [3, 1, 2], "it's": ["a", "b", "c"]})
    path = tmp_path / f"names.{kind}"
    writers = {
        "csv": lambda: path.write_text('"""; drop table data; --",it\'s\n3,a\n1,b\n2,c\n'),
        "parquet": lambda: pyarrow.parquet.write_table(table, path),
        "jsonl": lambda: path.write_text("".join(json.dumps(row) + "\n" for row in table.to_pylist())),
        "feather": lambda: pyarrow.feather.write_feather(table, str(path)),
    }
    writers[kind]()
    dataset = await rooms.datasets.register(path)
    assert [column.name for column in dataset.columns] == [name, "it's"]
    page = await rooms.datasets.page(dataset.id, 0, 10, order=(name, True), columns=[name])
    assert page.column(0).to_pylist() == [3, 2, 1]
    assert (await rooms.datasets.profile(dataset.id))[name].distinct == 3
    quoted = '"' + name.replace('"', '""') + '"'
    assert await rooms.datasets.count(dataset.id, f"{quoted} > 1") == 2


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "parquet", "jsonl", "feather"])
async def test_a_path_with_spaces_quotes_emoji_and_chinese_is_a_path(rooms: Rooms, tmp_path: Path, kind: str) -> None:
    folder = tmp_path / ODD
    folder.mkdir()
    path = folder / f"{ODD}.{kind}"
    table = pyarrow.table({"id": list(range(100))})
    text = "id\n" + "".join(f"{n}\n" for n in range(100))
    writers = {
        "csv": lambda: path.write_text(text),
        "csv.gz": lambda: path.write_bytes(gzip.compress(text.encode())),
        "parquet": lambda: pyarrow.parquet.write_table(table, path),
        "jsonl": lambda: path.write_text("".join(json.dumps(row) + "\n" for row in table.to_pylist())),
        "feather": lambda: pyarrow.feather.write_feather(table, str(path)),
    }
    writers[kind]()
    one = await rooms.datasets.register(path, "one")
    assert one.storage_path == str(path) and one.row_count == 100
    assert (await rooms.datasets.page("one", 50, 10, order=("id", True))).column("id").to_pylist()[0] == 49
    assert (await rooms.sql.query("SELECT sum(id) AS s FROM one")).table.to_pydict() == {"s": [4950]}
    assert (await rooms.datasets.register(folder, "all")).row_count == 100
    assert (await rooms.datasets.register(str(path).join("''"), "pasted")).storage_path == str(path)
    assert (await rooms.datasets.register(path.as_uri(), "from a file manager")).storage_path == str(path)


@contextmanager
def as_nobody() -> Iterator[None]:
    """Permissions do not bind root: be somebody else while the block runs."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


async def test_a_folder_without_permission_says_so_and_leaves_nothing_out(rooms: Rooms) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        (folder / "open").mkdir()
        (folder / "closed").mkdir()
        for name in ("open", "closed"):
            pyarrow.parquet.write_table(pyarrow.table({"n": [1]}), folder / name / "a.parquet")
        dataset = await rooms.datasets.register(folder, "folder")
        await rooms.datasets.history.settled()  # it works as root, on threads that would be nobody's too
        folder.chmod(0o755)
        (folder / "closed").chmod(0)
        with as_nobody(), pytest.raises(Unavailable, match="closed") as caught:
            await rooms.datasets._contents.look(dataset)
        assert "Permission denied" in caught.value.message.en and "Give access" in caught.value.repair.en
        (folder / "closed").chmod(0o755)
        with as_nobody():
            assert len((await rooms.datasets._contents.look(dataset)).files) == 2
    finally:
        shutil.rmtree(folder)
