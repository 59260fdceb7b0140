"""Texts, declared parameters, settings, files, paths and secrets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Literal

import pytest

from studio.engine.errors import (
    BadParameter,
    DataFolderInUse,
    Forbidden,
    Internal,
    Invalid,
    NotFound,
    StudioError,
    Unavailable,
    from_unexpected,
)
from studio.engine.events import Event, Events, Notice
from studio.engine.files import inside, replacing, write_json
from studio.engine.params import DatasetRef, Params, SqlText, check, fields_of, param, problems, problems_in_words
from studio.engine.paths import Ownership, Paths
from studio.engine.registry import Registry
from studio.engine.secrets import Secrets
from studio.engine.settings import GROUPS, Settings, SettingsChanged
from studio.engine.text import Text, listed


def test_a_text_without_its_translation_cannot_be_made() -> None:
    with pytest.raises(TypeError):
        Text("Only English")  # type: ignore[call-arg]


def test_names_are_set_apart_as_each_language_does() -> None:
    said = listed(["orders", "tickets"])
    assert (said.en, said.zh) == ("orders, tickets", "orders、tickets") and listed([]).en == ""


def test_a_text_reads_in_the_readers_language() -> None:
    words = Text("{count} rows", "{count} 行").format(count=3)
    assert (words.in_language("zh_CN"), words.in_language("fr")) == ("3 行", "3 rows")


def every_error(kind: type[StudioError] = StudioError) -> list[type[StudioError]]:
    return [kind, *(found for below in kind.__subclasses__() for found in every_error(below))]


@pytest.mark.parametrize("kind", every_error())
def test_every_error_has_a_code_whose_first_digits_are_its_status(kind: type[StudioError]) -> None:
    assert 400 <= kind.code // 100 <= 599


def test_an_unexpected_error_is_shown_without_its_traceback_and_keeps_its_details() -> None:
    shown = from_unexpected(KeyError("x"))
    assert isinstance(shown, Internal) and "KeyError" in shown.details and shown.repair is not None


class Example(Params):
    size: int = param(800, Text("Size", "大小"), ge=1, le=8000, unit="characters")
    mode: Literal["a", "b"] = param(
        "a", Text("Mode", "方式"), choices={"a": Text("First", "第一"), "b": Text("Second", "第二")}
    )
    source: DatasetRef = param(..., Text("Source", "来源"))
    sql: SqlText = param("", Text("SQL", "SQL"))
    on: bool = param(True, Text("On", "开启"), advanced=True)


def test_a_declaration_says_everything_a_form_needs() -> None:
    fields = {field.name: field for field in fields_of(Example)}
    assert [field.kind for field in fields.values()] == ["integer", "choice", "ref", "editor", "toggle"]
    assert (fields["size"].minimum, fields["size"].maximum, fields["size"].unit) == (1, 8000, "characters")
    assert fields["mode"].choices["b"].zh == "第二"
    assert fields["source"].ref == "dataset" and fields["source"].default is ...
    assert fields["sql"].language == "sql" and fields["on"].advanced


def test_a_wrong_value_is_named_in_both_languages() -> None:
    with pytest.raises(Invalid) as caught:
        check(Example, {"size": 0, "source": "ds-001"})
    assert "Size" in caught.value.message.en and "大小（size）：不能小于 1" in caught.value.message.zh
    assert set(problems(Example, {"size": 0})) == {"size", "source"}


async def test_a_setting_is_checked_kept_and_told(tmp_path: Path) -> None:
    events, heard = Events(), []
    events.subscribe(SettingsChanged, heard.append)
    settings = Settings(tmp_path / "settings.json", events)
    await settings.set("appearance.language", "zh")
    assert heard == [SettingsChanged("appearance.language", "zh")]
    assert Settings(tmp_path / "settings.json", Events()).appearance.language == "zh"
    with pytest.raises(Invalid):
        await settings.set("appearance.scale", 1000)
    with pytest.raises(NotFound):
        await settings.set("appearance.nothing", 1)


async def test_a_broken_settings_file_is_kept_and_the_defaults_are_in_force(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text("{ not json")
    settings = Settings(file, Events())
    assert settings.appearance.language == "system" and settings.problem is not None
    assert (tmp_path / "settings.broken.json").read_text() == "{ not json"


async def test_a_value_of_an_older_version_that_no_longer_holds_falls_back_alone(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({"appearance": {"theme": "sepia", "language": "zh", "gone": 1}}))
    settings = Settings(file, Events())
    assert (settings.appearance.theme, settings.appearance.language) == ("system", "zh")


def test_the_environment_goes_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONE_DATA_SERVER__PORT", "9123")
    assert Settings(tmp_path / "settings.json", Events()).server.port == 9123


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_every_setting_speaks_both_languages(group: object) -> None:
    for field in fields_of(group.params):  # type: ignore[attr-defined]
        assert field.title.en and field.title.zh
        assert all(text.en and text.zh for text in field.choices.values())


def test_a_failed_write_leaves_the_old_file_and_no_trace(tmp_path: Path) -> None:
    file = tmp_path / "kept.json"
    write_json(file, {"a": 1})
    with pytest.raises(RuntimeError), replacing(file) as aside:
        aside.write(b"half")
        raise RuntimeError
    assert json.loads(file.read_text()) == {"a": 1} and [f.name for f in tmp_path.iterdir()] == ["kept.json"]


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from studio.engine.errors import Unavailable
from studio.engine.files import write_bytes
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_bytes(Path(sys.argv[1]), b"x" * 5000)
except Unavailable as error:
    print(error.whole().en)
"""


def test_a_full_disk_is_named_and_the_old_content_stays(tmp_path: Path) -> None:
    file = tmp_path / "kept.bin"
    file.write_bytes(b"old")
    done = subprocess.run([sys.executable, "-c", FULL_DISK, str(file)], capture_output=True, text=True, check=True)
    assert "kept.bin" in done.stdout and "nothing was changed" in done.stdout
    assert file.read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../x", "C:\\x", "\\\\host\\share", "a\0b", "link/x"])
def test_no_name_leads_out_of_its_folder(tmp_path: Path, name: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(tmp_path)
    with pytest.raises(Forbidden):
        inside(root, name)
    assert inside(root, "a/b.txt") == root.resolve() / "a/b.txt"


def test_a_data_folder_has_one_owner_and_the_second_hears_who(tmp_path: Path) -> None:
    paths = Paths.under(tmp_path).make()
    holder = "import sys; from pathlib import Path; from studio.engine.paths import *\n" + (
        "o = Ownership(Paths.under(Path(sys.argv[1]))); o.claim(); o.announce(8123); print('held', flush=True); sys.stdin.read()"
    )
    child = subprocess.Popen([sys.executable, "-c", holder, str(tmp_path)], stdin=-1, stdout=-1, text=True)
    try:
        assert child.stdout is not None and child.stdout.readline() == "held\n"
        with pytest.raises(DataFolderInUse) as caught:
            Ownership(paths).claim()
        assert (caught.value.pid, caught.value.port) == (child.pid, 8123)
    finally:
        child.kill()
        child.wait()
    mine = Ownership(paths)
    mine.claim()  # a killed owner leaves nothing behind
    mine.release()


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(Unavailable, match=str(tmp_path)):
        Paths.under(tmp_path).make()


def test_secrets_without_a_keychain_are_encrypted_and_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONE_DATA_KEYRING", "file")
    secrets = Secrets(tmp_path)
    secrets.set("remote", "sk-very-secret")
    assert Secrets(tmp_path).get("remote") == "sk-very-secret"
    assert not any(b"very-secret" in file.read_bytes() for file in tmp_path.iterdir())
    assert all(file.stat().st_mode & 0o077 == 0 for file in tmp_path.iterdir())
    assert "encrypted file" in secrets.where().en
    secrets.delete("remote")
    assert secrets.get("remote") is None


async def test_events_reach_who_listens_and_a_broken_listener_hurts_nobody() -> None:
    events, heard = Events(), []
    events.subscribe(Notice, lambda notice: 1 / 0)
    end = events.subscribe(Event, heard.append)
    events.publish(Notice("info", Text("a", "甲")))
    end()
    events.publish(Notice("info", Text("b", "乙")))
    assert [notice.title.en for notice in heard] == ["a"]


def test_a_plug_in_that_fails_is_listed_and_the_others_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "plugged"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "good.py").write_text("GOOD = ('good',)")
    (package / "bad.py").write_text("import nothing_of_that_name")
    monkeypatch.syspath_prepend(str(tmp_path))
    registry: Registry[tuple[str]] = Registry(
        "test", "plugged", lambda value: isinstance(value, tuple), lambda value: value[0]
    )
    assert list(registry.all()) == ["good"]
    assert [failure.name for failure in registry.failures] == ["bad"]
    with pytest.raises(NotFound, match="Known: good"):
        registry.get("other")


def test_an_unknown_parameter_is_refused() -> None:
    with pytest.raises(Invalid):
        check(Example, {"source": "x", "sice": 3})
    assert issubclass(BadParameter, StudioError)


def test_what_is_wrong_with_a_parameter_is_said_in_both_languages() -> None:
    class Form(Params):
        name: str = param("x", Text.same("name"), min_length=1)
        place: str = param("abcdef", Text.same("place"), min_length=6)
        keys: list[str] = param(["x"], Text.same("keys"), min_length=1)
        count: int = param(1, Text.same("count"))
        part: float = param(1.0, Text.same("part"))
        way: Literal["a", "b"] = param("a", Text.same("way"))

    wrong = {"name": "", "place": "abc", "keys": [], "count": "x", "part": "x", "way": "c"}
    found = problems_in_words(Form, wrong)
    assert all(text.en != text.zh and " or " not in text.zh for text in found.values()) and len(found) == 6
    assert found["name"].en == "A value is needed." and found["place"].zh == "过短，至少 6 个字符。"
    assert found["way"] == Text("Choose one of 'a' or 'b'.", "请选择：'a'、'b'。")
