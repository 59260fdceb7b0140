"""`studio objects …` and `studio connections …`: buckets from the command line, through the trash and back."""

from __future__ import annotations

from pathlib import Path

from tests.cli.test_commands import as_json, studio_command
from tests.conftest import Running


def test_an_object_goes_up_into_the_trash_back_and_down_again(studio: Running, tmp_path: Path) -> None:
    home, file, back = studio.home, tmp_path / "行 rows.csv", tmp_path / "back.csv"
    file.write_text("a,b\n1,2\n")
    made = as_json(home, "objects", "put", str(file), "s3://cli-test/day 1/")
    assert made["key"] == "day 1/行 rows.csv" and made["size"] == 8
    address = "s3://cli-test/day 1/行 rows.csv"
    assert "cli-test" in studio_command(home, "objects").stdout
    assert "行 rows.csv" in studio_command(home, "objects", "ls", "s3://cli-test/day 1/").stdout
    assert as_json(home, "objects", "versions", address)[0]["latest"] is True
    studio_command(home, "objects", "rm", address)
    assert [row["key"] for row in as_json(home, "objects", "trash", "s3://cli-test/")] == ["day 1/行 rows.csv"]
    assert as_json(home, "objects", "restore", address)["size"] == 8
    studio_command(home, "objects", "get", address, str(back))
    assert back.read_bytes() == file.read_bytes()
    studio_command(home, "objects", "rm", "--forever", address)
    assert "no object" in studio_command(home, "objects", "get", address, str(back), code=1).stderr.lower()
    assert "s3://" in studio_command(home, "objects", "get", "nowhere", code=2).stderr


def test_a_connection_is_kept_asked_and_forgotten_and_its_secret_is_no_argument(studio: Running) -> None:
    home = studio.home
    assert {"s3", "mysql", "postgresql"} <= {each["name"] for each in as_json(home, "connections", "kinds")}
    refused = studio_command(home, "connections", "add", "mysql", "shop", "--set", "password=hunter2", code=2).stderr
    assert "password" in refused and "hunter2" not in refused
    settings = ("--set", "host=127.0.0.1", "--set", "port=1", "--set", "user=me", "--no-secret")
    made = as_json(home, "connections", "add", "mysql", "cli shop", *settings)
    try:
        assert made["name"] == "cli shop" and made["state"] != "reachable"
        assert "cli shop" in studio_command(home, "connections", "check", "cli shop", code=1).stdout
    finally:
        studio_command(home, "connections", "rm", made["id"])
    assert "cli shop" not in studio_command(home, "connections", "ls").stdout
    settings = ("--set", "address=http://127.0.0.1:1", "--set", 'allow=["addOrder", "dropOrder"]', "--no-secret")
    web = as_json(home, "connections", "add", "web", "cli web", *settings)
    studio_command(home, "connections", "rm", web["id"])
    assert web["settings"]["allow"] == ["addOrder", "dropOrder"] and "secret_key" not in web["settings"]
