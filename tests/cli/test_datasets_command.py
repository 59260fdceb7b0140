"""`studio datasets …` as a person or a script uses it: words, JSON, files and pipes."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.ipc
import pyarrow.parquet
import pytest

from tests.cli.test_commands import as_json, studio_command
from tests.conftest import Running


@pytest.fixture
def sales(studio: Running, tmp_path: Path) -> Path:
    path = tmp_path / "sales 销售.csv"
    path.write_text("id,region,amount\n" + "".join(f"{n},华南,{n}.50\n" for n in range(1000)))
    return path


def raw(home: Path, *words: str, code: int = 0, given: str | None = None) -> bytes:
    command = [sys.executable, "-m", "studio", "--home", str(home), "datasets", *words]
    done = subprocess.run(command, capture_output=True, input=given.encode() if given else None, timeout=600)
    assert done.returncode == code, done.stderr.decode()
    assert b"Traceback" not in done.stderr
    return done.stdout


def test_a_file_is_added_listed_shown_looked_into_and_removed(studio: Running, sales: Path) -> None:
    home = studio.home
    made = as_json(home, "datasets", "add", str(sales), "--name", "sales 销售", "--tag", "cli")
    assert made["name"] == "sales 销售"
    assert [each["name"] for each in as_json(home, "datasets", "ls", "--tag", "cli")] == ["sales 销售"]
    ends = time.monotonic() + 200
    while "sales 销售" not in studio_command(home, "datasets", "ls", "销售").stdout:  # found once its name is indexed
        assert time.monotonic() < ends
    shown = as_json(home, "datasets", "show", "sales 销售")
    assert shown["row_count"] == 1000 and len(shown["schema"]["columns"]) == 3
    assert "amount" in studio_command(home, "datasets", "show", made["id"]).stdout
    assert [row["id"] for row in as_json(home, "datasets", "head", "sales 销售", "-n", "2")] == [0, 1]
    assert "999" in studio_command(home, "datasets", "profile", "sales 销售").stdout
    assert as_json(home, "datasets", "profile", "sales 销售")["id"]["distinct"] == 1000
    assert "already" in studio_command(home, "datasets", "add", str(sales), "--name", "sales 销售", code=1).stderr
    assert as_json(home, "datasets", "rm", "sales 销售")[0]["deleted"] is True
    assert "sales 销售" not in studio_command(home, "datasets").stdout and sales.exists()


def test_a_query_goes_into_pipes_in_every_format(studio: Running) -> None:
    sql = "SELECT order_id, amount, product FROM orders ORDER BY order_id"
    text = raw(studio.home, "sql", sql, "--format", "csv").decode().splitlines()
    assert text[0].replace('"', "") == "order_id,amount,product" and len(text) == 12_001
    lines = raw(studio.home, "sql", sql, "--format", "jsonl", "--limit", "3").decode().splitlines()
    assert len(lines) == 3 and json.loads(lines[0])["order_id"] == 87929001
    parquet = pyarrow.parquet.read_table(io.BytesIO(raw(studio.home, "sql", sql, "--format", "parquet")))
    arrow = pyarrow.ipc.open_stream(raw(studio.home, "sql", sql, "--format", "arrow")).read_all()
    assert (
        parquet.num_rows == arrow.num_rows == 12_000 and str(arrow.schema.field("amount").type) == "decimal128(12, 2)"
    )


def test_sql_is_read_from_the_standard_input_and_shown_as_a_table(studio: Running) -> None:
    shown = raw(studio.home, "sql", "-", given="SELECT region, count(*) AS n\nFROM orders GROUP BY 1 ORDER BY 2 DESC")
    assert "华" in shown.decode() and shown.decode().splitlines()[0].split() == ["region", "n"]
    many = studio_command(studio.home, "datasets", "sql", "FROM orders", "--limit", "5")
    assert len(many.stdout.splitlines()) == 6 and "--limit" in many.stderr
    found = as_json(studio.home, "datasets", "sql", "SELECT 1 AS a, 2 AS a")
    assert found["rows"] == [[1, 2]] and not found["truncated"]
    assert as_json(studio.home, "datasets", "sql", "FROM orders WHERE false")["rows"] == []


def test_a_reader_that_has_enough_ends_it_without_a_word(studio: Running) -> None:
    studio_words = f'"{sys.executable}" -m studio --home "{studio.home}" datasets'
    sql = "SELECT i, md5(i::VARCHAR) AS m FROM range(100000000) t(i)"
    for command in (
        f'{studio_words} sql "{sql}" --format csv | head -3',
        f"{studio_words} sql 'FROM orders' -n 9000 | head -3",
    ):
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=600)
        assert len(done.stdout.splitlines()) == 3 and done.stderr.replace("--limit", "").count("Error") == 0
        assert "Traceback" not in done.stderr and "Broken pipe" not in done.stderr


def test_rows_are_exported_to_a_file_whole_or_not_at_all(studio: Running, tmp_path: Path) -> None:
    target = tmp_path / "south.parquet"
    chosen = ("--columns", "order_id,region", "--where", "region = '华南'", "-o", str(target))
    assert as_json(studio.home, "datasets", "export", "orders", *chosen)["format"] == "parquet"
    table = pyarrow.parquet.read_table(target)
    assert table.schema.names == ["order_id", "region"] and set(table.column("region").to_pylist()) == {"华南"}
    before = target.read_bytes()
    studio_command(studio.home, "datasets", "sql", "SELECT nope FROM orders", "-o", str(target), code=1)
    assert target.read_bytes() == before and [each.name for each in tmp_path.iterdir()] == ["south.parquet"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("datasets", "explode"), 2),
        (("datasets", "head"), 2),
        (("datasets", "head", "orders", "-n", "0"), 2),
        (("datasets", "sql", "SELECT 1", "--format", "xlsx"), 2),
        (("datasets", "sql", "SELECT 1", "-o", "result.odd"), 2),
        (("datasets", "show", "ds-nothing"), 1),
        (("datasets", "add", "/nowhere/at-all.csv"), 1),
        (("datasets", "sql", "SELECT nope FROM orders"), 1),
        (("datasets", "sql", "COPY orders TO '/tmp/x.csv'", "--format", "csv"), 1),
        (("datasets", "export", "orders", "--where", "nope = 1"), 1),
    ],
)
def test_what_cannot_be_done_says_why_with_its_exit_code(studio: Running, words: tuple[str, ...], code: int) -> None:
    done = studio_command(studio.home, *words, code=code)
    assert done.stderr.strip() and not done.stdout.strip()


@pytest.mark.slow
def test_a_long_result_is_written_in_little_memory_without_a_studio_that_runs(tmp_path: Path) -> None:
    sql = "SELECT i, md5(i::VARCHAR) AS a, md5((i + 1)::VARCHAR) AS b FROM range(6000000) t(i)"
    program = (
        "import sys\nfrom studio.cli import main\ncode = main(sys.argv[1:])\n"
        "peak = open('/proc/self/status').read().partition('VmHWM:')[2].split()[0]\n"  # ru_maxrss counts who started it, too
        "print(int(peak) // 1024, file=sys.stderr)\nsys.exit(code)"
    )
    command = [sys.executable, "-c", program, "--home", str(tmp_path), "datasets", "sql", sql, "--format", "csv"]
    with (tmp_path / "out.csv").open("wb") as file:
        done = subprocess.run(command, stdout=file, stderr=subprocess.PIPE, text=True, timeout=280, cwd=os.getcwd())
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out.csv").stat().st_size > 400_000_000
    assert int(done.stderr.split()[-1]) < 700  # MB; the file is larger than the memory that was used
