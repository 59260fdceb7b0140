"""What every dataset format must do. A test of a format inherits this and says how to write such a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pyarrow
import pytest

from studio.engine.datasets.format import Format, format_of, formats
from studio.engine.datasets.source import Broken
from studio.engine.datasets.watch import Stopped, Watch

ROWS = {"id": [2**53 + 1, 2, 3], "name": ["K7 咖啡机", 'say "x", y', None], "amount": [0.5, 2.25, -1.0]}


MORE = {"id": [9], "name": ["z"], "amount": [1.5]}


class FormatContract:
    """`rows` are what a file of it can hold exactly, `more` another row of the same columns."""

    kind: ClassVar[Format]
    rows: ClassVar[dict[str, list[Any]]] = ROWS
    more: ClassVar[dict[str, list[Any]]] = MORE

    def write(self, path: Path, table: pyarrow.Table) -> None:
        raise NotImplementedError

    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        path = tmp_path / f"文件 a{self.kind.suffixes[0]}"
        self.write(path, pyarrow.table(self.rows))
        return path

    def test_the_registry_finds_it_by_name_and_by_file(self, file: Path) -> None:
        assert formats.get(self.kind.name) is self.kind
        assert format_of(file) is self.kind
        assert self.kind.title.zh

    def test_values_come_back_exactly(self, file: Path, tmp_path: Path) -> None:
        source = self.kind.open([file], tmp_path / "copy")
        assert source.dataset().to_table().to_pydict() == self.rows
        assert (source.row_count, source.names) == (3, ["id", "name", "amount"])

    def test_the_first_rows_are_the_same_without_the_whole(self, file: Path, tmp_path: Path) -> None:
        first = self.kind.preview([file], tmp_path / "copy")
        whole = self.kind.open([file], tmp_path / "copy")
        assert first is None or first.preview
        assert first is None or first.dataset().to_table() == whole.dataset().to_table()

    def test_the_original_is_only_read(self, file: Path, tmp_path: Path) -> None:
        before = (file.read_bytes(), file.stat().st_mtime_ns, sorted(file.parent.iterdir()))
        self.kind.open([file], tmp_path / "elsewhere" / "copy")
        (tmp_path / "elsewhere").exists() and before[2].append(tmp_path / "elsewhere")
        assert (file.read_bytes(), file.stat().st_mtime_ns) == before[:2]
        assert sorted(file.parent.iterdir()) == sorted(before[2])

    def test_several_files_are_one_table_in_their_order(self, file: Path, tmp_path: Path) -> None:
        other = file.with_name(f"文件 b{file.suffix}")
        self.write(other, pyarrow.table(self.more))
        source = self.kind.open([file, other], tmp_path / "copy")
        assert source.dataset().to_table().column("id").to_pylist() == [*self.rows["id"], *self.more["id"]]

    def test_opening_it_again_gives_the_same(self, file: Path, tmp_path: Path) -> None:
        first = self.kind.open([file], tmp_path / "copy")
        again = self.kind.open([file], tmp_path / "copy")
        assert (again.files, again.schema, again.statistics) == (first.files, first.schema, first.statistics)

    def test_a_reading_that_is_stopped_leaves_nothing_half_done(self, file: Path, tmp_path: Path) -> None:
        watch = Watch()
        watch.stop()
        try:
            self.kind.open([file], tmp_path / "copy", watch=watch)
        except Stopped:
            assert not list((tmp_path / "copy").glob("*"))

    @pytest.mark.parametrize("content", [b"", b"\0\1\2\3" * 50])
    def test_a_file_that_is_none_is_broken_and_named(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / f"broken{self.kind.suffixes[0]}"
        path.write_bytes(content)
        with pytest.raises(Broken, match="broken") as caught:
            self.kind.open([path], tmp_path / "copy")
        assert caught.value.repair is not None
