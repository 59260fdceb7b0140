"""The frame: regions, language, status, what is remembered, what fails."""

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from studio.engine.errors import Conflict
from studio.engine.events import Notice
from studio.engine.text import Text
from studio.ui.errors import CrashGuard, redact
from studio.ui.frame.notices import Toast
from studio.ui.language import language
from studio.ui.theme import theme
from studio.ui.turns import Turns
from studio.ui.views.view import View
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.panel import Header, Panel
from studio.ui.widgets.states import Coming, Failure, Skeleton


class FullView(View):
    name = "full"
    title = Text("Full", "完整")

    def __init__(self, studio):
        super().__init__(studio)
        self.parts = {part: self.panel(part) for part in ("side", "centre", "inspector", "bottom")}
        self.build(self.parts["centre"], self.parts["side"], self.parts["inspector"], self.parts["bottom"])

    def panel(self, part):
        panel = Panel(Text.same(part), [Button(f"tool of {part}")] if part == "centre" else [])
        panel.add(Button(f"in {part}"))
        panel.add(Button(f"more in {part}"))
        return panel


class BrokenView(View):
    name = "broken"
    title = Text("Broken", "坏的")

    def __init__(self, studio):
        raise ValueError("cannot be built")


def where() -> str:
    focused = QApplication.focusWidget()
    return focused.accessibleName() if focused else ""


def add_view(window, kind):
    window.stack.kinds[kind.name] = kind
    window.rail.add(kind.name, kind.title, kind.icon)


def test_f6_goes_through_the_regions_in_their_order_and_back(window, qtbot):
    add_view(window, FullView)
    window.show_view("full")
    qtbot.waitUntil(lambda: window.rail._items["full"].isVisible())
    window.activateWindow()
    window.top.project.setFocus()
    order = ["Full", "in side", "tool of centre", "in centre", "in inspector", "in bottom"]
    seen = []
    for _ in order:
        QTest.keyClick(window, Qt.Key.Key_F6)
        seen.append(where())
    assert seen == order
    QTest.keyClick(window, Qt.Key.Key_F6)
    assert window.status.isAncestorOf(QApplication.focusWidget())
    QTest.keyClick(window, Qt.Key.Key_F6)
    assert window.top.isAncestorOf(QApplication.focusWidget())
    QTest.keyClick(window, Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(window, Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    assert where() == "in bottom"
    more = next(each for each in window.findChildren(Button) if each.accessibleName() == "more in side")
    more.setFocus()
    QTest.keyClick(window, Qt.Key.Key_F6)
    assert where() == "tool of centre"
    QTest.keyClick(window, Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    assert where() == "more in side"  # one comes back to where one was


def test_panels_collapse_with_their_keys_and_stay_so(window, qtbot):
    add_view(window, FullView)
    view = window.show_view("full")
    window.activateWindow()
    for key, part in ((Qt.Key.Key_B, "side"), (Qt.Key.Key_I, "inspector"), (Qt.Key.Key_J, "bottom")):
        assert view.parts[part].isVisible()
        QTest.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)
        assert not view.parts[part].isVisible()
    window.memory.save()
    kept = json.loads(Path(window.memory._file).read_text())["panels"]["full"]
    assert kept["side_open"] is False and kept["inspector_open"] is False and kept["bottom_open"] is False


def test_a_narrow_window_lays_the_inspector_over_the_centre_and_drops_rail_labels(window, qtbot):
    add_view(window, FullView)
    view = window.show_view("full")
    window.resize(1120, 700)
    qtbot.waitUntil(lambda: window.rail.compact)
    view.frame.resize(700, 600)
    view.frame._fit()
    assert not view.parts["inspector"].isVisible()
    view.toggle_panel("inspector")
    assert view.parts["inspector"].isVisible()
    assert view.parts["inspector"].geometry().right() == view.frame.width() - 1


def test_an_inspector_over_the_centre_leaves_its_header_within_reach(window, qtbot):
    add_view(window, FullView)
    window.memory.panels("full").update({"inspector": 420})
    window.resize(1120, 700)
    view = window.show_view("full")
    qtbot.waitUntil(lambda: view.frame._overlay)
    view.parts["centre"].body.addStretch(1)
    view.show_panel("inspector")
    head, inspector = view.parts["centre"].header, view.parts["inspector"]
    qtbot.waitUntil(lambda: inspector.isVisible() and inspector.geometry().top() == head.height() > 0)
    head.hide()
    qtbot.waitUntil(lambda: inspector.geometry().top() == 0)


def test_panels_keep_their_share_at_every_scale_and_on_smaller_screens(window, app):
    window.memory.panels("full").update({"side": 9999, "bottom": 9999})  # drawn on a larger screen
    add_view(window, FullView)
    window.resize(1600, 1000)
    view = window.show_view("full")
    window.show()
    frame, parts = view.frame, view.parts
    assert parts["side"].width() == theme.size("layout.sidePanel.max")
    assert parts["bottom"].height() <= 0.6 * frame.height()
    frame.across.handle(1).moveSplitter(260)
    frame.down.handle(1).moveSplitter(frame.height() - 300)
    frame.across.handle(2).moveSplitter(frame.width() - 321)
    drawn = parts["side"].width(), parts["inspector"].width(), parts["bottom"].height()
    theme.apply(app, "dark", 150)
    assert parts["side"].width() == round(drawn[0] * 1.5) and parts["bottom"].height() == round(drawn[2] * 1.5)
    window.resize(1120, 700)
    frame.resize(1048, 604)
    assert parts["bottom"].height() <= 0.6 * frame.height() and parts["centre"].width() >= theme.scaled(480)
    theme.apply(app, "dark", 100)
    window.resize(1600, 1000)
    frame.resize(view.size())
    assert (parts["side"].width(), parts["inspector"].width(), parts["bottom"].height()) == drawn


def test_the_whole_window_follows_the_language_and_the_setting_is_kept(window, engine, qtbot):
    window.show_view("settings")
    window.status.language.click()
    qtbot.waitUntil(lambda: engine.settings.value("appearance.language") == "zh")
    # the window is shown anew when all that is seen has changed
    qtbot.waitUntil(lambda: language.current == "zh" and window.updatesEnabled())
    assert window.top.command.text() == "搜索或执行命令"
    assert window.status.language.text() == "简体中文"
    words = [label.text() for label in window.current_view().findChildren(QLabel) if label.isVisible()]
    assert "外观" in words and "Appearance" not in words


def test_a_changed_setting_changes_the_look(window, engine, bridge, qtbot):
    bridge.run(window, engine.settings.set("appearance.theme", "light"))
    qtbot.waitUntil(lambda: not theme.dark)


def test_looks_that_are_asked_for_while_one_is_put_on_follow_it(window, engine, qtbot):
    window.choose_language("zh")
    assert not window.updatesEnabled()  # nobody sees half of a change
    window.choose_language("en")
    window.choose_look("scale", 110)
    qtbot.waitUntil(lambda: window.updatesEnabled() and theme.scale == 110)
    assert language.current == "en" and window.top.command.text() == "Search or run a command"
    qtbot.waitUntil(lambda: engine.settings.value("appearance.scale") == 110)
    window.choose_look("scale", 100)
    qtbot.waitUntil(lambda: window.updatesEnabled() and theme.scale == 100)


def test_the_status_bar_shows_what_the_engine_says(window, qtbot):
    qtbot.waitUntil(lambda: window.status.cpu.figure.whole() == "12%")
    assert window.status.jobs.text() == "Indexing 50%"
    assert window.status.trouble.text() == "2 problems"
    assert window.status.speed.whole() == "No model loaded"
    assert window.status.ram.figure.whole() == "2.0 / 8 GB"
    assert not window.status.gpu.isVisible()
    with qtbot.waitSignal(window.status.jobs_asked) as asked:
        window.status.jobs.clicked.emit()
    assert asked.args == ["knowledge"]


def test_a_notice_is_counted_until_it_is_read(window, engine, bridge, qtbot):
    bridge.on_loop(lambda: engine.events.publish(Notice("warning", Text("Disk is nearly full", "磁盘将满"))))
    qtbot.waitUntil(lambda: window.top.bell.count == 1)
    window.open_notices()
    assert window.top.bell.count == 0
    assert len(window.notices) == 1


def test_a_dot_in_the_rail_is_told_in_the_language_of_the_reader(window, qtbot):
    place = window.rail._items["settings"]
    window.set_badge("settings", "warning")
    assert place.accessibleDescription() == "Something needs attention"
    language.set("zh")
    assert place.accessibleDescription() == "有事项需要处理"
    window.set_badge("settings", None)
    assert not place.accessibleDescription()


def test_a_word_at_the_bottom_keeps_its_parts_apart_when_the_scale_changes(window, app, qtbot):
    toast = Toast(window, Text("A run waits for your answer", "有一次运行等待你的回答"))
    toast.offer(Text("Answer what the run asks", "回答运行中的提问"), lambda: None)
    [button] = [each for each in toast.findChildren(Button) if each.text()]
    for scale in (150, 100):
        theme.apply(app, "dark", scale)
        qtbot.waitUntil(
            lambda: button.width() >= button.sizeHint().width() and toast.width() >= toast.sizeHint().width()
        )
        words = toast.label.mapTo(toast, toast.label.rect().topRight())
        assert words.x() < button.x()


def test_work_in_steps_ends_with_the_window(window, qtbot):
    steps = iter(range(1_000_000_000))
    Turns(steps, window).start()
    qtbot.waitUntil(lambda: next(steps) > 100)
    window.close()
    seen = next(steps)
    qtbot.wait(50)
    assert next(steps) == seen + 1


def test_undo_of_a_toast_takes_it_back(window):
    undone = []
    window.toast(Text("Thread deleted", "对话已删除"), lambda: undone.append(1)).undo.click()
    assert undone == [1]


def test_a_view_that_cannot_be_built_shows_why_and_the_others_work(window):
    add_view(window, BrokenView)
    window.show_view("broken")
    assert isinstance(window.stack.currentWidget(), Failure)
    assert "cannot be built" in window.stack.currentWidget().error.details
    assert window.show_view("settings") is not None


def test_the_frame_is_at_once_where_one_goes_and_the_view_follows(window, qtbot):
    done = []

    class SlowView(FullView):
        name = "slow"
        title = Text("Slow", "慢的")

        def __init__(self, studio):
            View.__init__(self, studio)

        def steps(self):
            while not done:
                yield
            self.build(self.panel("centre"))

    qtbot.waitUntil(lambda: window.current_view() is not None)
    add_view(window, SlowView)
    asked = []
    assert window.show_view("slow", asked.append) is None
    coming = window.stack.currentWidget()
    assert isinstance(coming, Coming) and coming.title.text() == "Slow"
    qtbot.waitUntil(coming.findChild(Skeleton).isVisible)
    assert window.current_view() is None, "the keys of the view before are not meant any more"
    done.append(1)
    qtbot.waitUntil(lambda: bool(asked))
    assert window.stack.currentWidget() is window.current_view() is asked[0]
    assert window.show_view("settings") is not None


def test_an_engine_that_does_not_start_leaves_a_window_with_the_way_out(window):
    tried = []
    error = Conflict(
        Text("The data folder is in use.", "数据文件夹正被使用。"),
        Text("Close the other window.", "请关闭另一个窗口。"),
    )
    window.engine_failed(error, lambda: tried.append(1))
    page = window.stack.currentWidget()
    assert isinstance(page, Failure)
    page.repair.click()
    assert tried == [1]


def test_an_uncaught_error_opens_a_dialog_and_the_window_lives(window, bridge, qtbot):
    guard = CrashGuard(bridge, lambda: window)
    bridge.start()
    try:
        raise RuntimeError(f"cannot read {Path.home()}/secrets.csv with api_key=abcdef0123456789")
    except RuntimeError as error:
        guard.show(error)
    qtbot.waitUntil(lambda: guard.dialog is not None and guard.dialog.isVisible())
    assert "RuntimeError" in guard.dialog.details
    assert "abcdef0123456789" not in guard.dialog.details
    assert str(Path.home()) not in guard.dialog.details or str(Path.home()) == "/"
    guard.dialog.accept()
    assert window.isVisible()


def test_an_uncaught_error_in_a_painting_lets_go_of_what_was_painted(window, bridge, qtbot):
    """Python keeps the last error with its frames: a painter in them would end the process with its widget."""
    image, kept = QImage(8, 8, QImage.Format.Format_RGB32), []
    guard = CrashGuard(bridge, lambda: window)

    def paint() -> None:
        painter = QPainter(image)
        raise ValueError(painter.isActive())

    try:
        paint()
    except ValueError as error:
        kept.append(error)
    assert image.paintingActive()
    guard._uncaught(ValueError, kept[0], kept[0].__traceback__)
    assert not image.paintingActive()
    qtbot.waitUntil(lambda: guard.dialog is not None and guard.dialog.isVisible())
    assert "in paint" in guard.dialog.details
    guard.dialog.accept()


@pytest.mark.parametrize(
    ("words", "secret"),
    [
        ("open('/home/wei/data.csv')", "wei"),
        (r"C:\Users\Wei\data.csv", "Wei"),
        ("Authorization: Bearer abcdefghijkl.mnop", "abcdefghijkl"),
        ("password=hunter22 host=db", "hunter22"),
        ('{"api_key": "0123456789abcdef"}', "0123456789abcdef"),
        ("sk-proj-ABCDEFGHIJKLMNOP1234", "ABCDEFGHIJKLMNOP"),
        ("mysql://wei:topsecret@db/shop", "topsecret"),
        ("eyJhbGciOiJIUzI1.eyJzdWIiOiIx.c2ln", "eyJzdWIiOiIx"),
    ],
)
def test_details_to_copy_hold_nothing_private(words, secret):
    assert secret not in redact(words)


def test_details_keep_what_helps():
    assert (
        redact("File studio/ui/window.py, line 10: 3 tokens per second")
        == "File studio/ui/window.py, line 10: 3 tokens per second"
    )


def test_every_control_of_the_frame_has_a_name(window):
    unnamed = [
        type(widget).__name__
        for widget in window.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible() and not widget.accessibleName()
    ]
    assert unnamed == []


def test_the_header_of_a_view_is_a_region_of_its_own(window):
    add_view(window, FullView)
    view = window.show_view("full")
    assert isinstance(view.regions()[1], Header)


def test_the_focus_ring_survives_the_dialog_it_stood_in(window, app):
    import shiboken6

    dialog = QWidget(window)
    first, second = Button("one", parent=dialog), Button("two", parent=dialog)
    dialog.show()
    window.activateWindow()
    first.setFocus()
    second.setFocus(Qt.FocusReason.TabFocusReason)
    assert window.ring._ring.isVisible() and window.ring._ring.parent() is dialog
    shiboken6.delete(dialog)
    window.top.project.setFocus()
    window.top.engine.setFocus(Qt.FocusReason.TabFocusReason)
    assert window.ring._ring.parent() is window.top
