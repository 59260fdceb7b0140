"""Colours, contrast, language and scale."""

import pytest
from PySide6.QtGui import QColor, QFontDatabase, QTextLayout
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.change import Change, exhaust
from studio.ui.icons import names, pixmap
from studio.ui.language import language, say
from studio.ui.theme import theme
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.gap import gap
from studio.ui.widgets.labels import TONES, badge_colours
from studio.ui.widgets.panel import Header

GROUNDS = ("surface.app", "surface.panel", "surface.content", "surface.raised", "surface.input")


def contrast(one: QColor, other: QColor) -> float:
    def brightness(colour: QColor) -> float:
        parts = [
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
            for part in (colour.redF(), colour.greenF(), colour.blueF())
        ]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    lighter, darker = sorted((brightness(one), brightness(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("mode", ["dark", "light"])
@pytest.mark.parametrize(
    "ink", ["text.primary", "text.secondary", "text.tertiary", "accent.text", "danger.text", "warning.text"]
)
def test_words_can_be_read_on_every_ground(app, mode, ink):
    theme.apply(app, mode)
    for ground in GROUNDS:
        assert contrast(theme.colour(ink), theme.colour(ground)) >= 4.5, f"{ink} on {ground}"


@pytest.mark.parametrize("mode", ["dark", "light"])
def test_words_on_badges_and_primary_buttons_can_be_read(app, mode):
    theme.apply(app, mode)
    for tone in TONES:
        fill, _, ink = badge_colours(tone)
        assert contrast(theme.colour(ink), theme.colour(fill)) >= 4.5, tone
    for fill in ("accent.solid", "accent.solidHover", "accent.solidPressed"):
        assert contrast(theme.colour("text.onAccent"), theme.colour(fill)) >= 4.5, fill


@pytest.mark.parametrize("mode", ["dark", "light"])
def test_controls_and_ports_can_be_told_from_their_ground(app, mode):
    theme.apply(app, mode)
    for ground in ("surface.panel", "surface.content"):
        assert contrast(theme.colour("border.control"), theme.colour(ground)) >= 3
        assert contrast(theme.colour("accent.ring"), theme.colour(ground)) >= 3
    for port in theme.tokens["themes"][mode]["port"]:
        assert contrast(theme.colour(f"port.{port}"), theme.colour("canvas.node")) >= 3, port


def test_every_word_follows_the_language_at_once(app):
    label, button = QLabel(), QPushButton()
    say(label, Text("Dataset", "数据集"))
    say(button.setToolTip, Text("Add", "添加"))
    language.set("zh")
    assert (label.text(), button.toolTip()) == ("数据集", "添加")
    say(label, Text("Model", "模型"))
    language.set("en")
    assert label.text() == "Model"


def test_words_of_a_widget_that_is_gone_are_forgotten(app):
    import shiboken6

    label = QLabel()
    say(label, Text("Dataset", "数据集"))
    say(lambda words: label.setText(words), Text("Dataset", "数据集"))
    shiboken6.delete(label)
    language.set("zh")
    assert language.current == "zh"


def test_the_scale_reaches_lengths_fonts_and_buttons(app):
    button = Button(Text("Load model", "加载模型"))
    small = button.sizeHint().height()
    theme.apply(app, "dark", 200)
    assert theme.size("control.height.md") == 56
    assert theme.font("dense").pixelSize() == 24
    assert button.sizeHint().height() == 2 * small
    theme.apply(app, "dark", 100)


def test_chinese_is_never_smaller_than_twelve_pixels(app):
    language.set("zh")
    assert theme.font("caption").pixelSize() == 12
    assert theme.font("caption", tight=True).pixelSize() == 11


def test_every_icon_draws_something_in_the_colour_asked_for(app):
    for name in names():
        image = pixmap(name, "#ff0000", 24).toImage()
        inked = [image.pixelColor(x, y) for x in range(24) for y in range(24) if image.pixelColor(x, y).alpha() > 200]
        assert inked, name
        assert all(colour.red() > 200 and colour.green() < 60 for colour in inked), name


def test_icons_are_sharp_on_a_dense_screen(app):
    assert pixmap("database", size=16, ratio=1.5).width() == 24


@pytest.mark.parametrize(("role", "family"), [("body", "Droid Sans Fallback"), ("title", "Noto Sans CJK SC")])
def test_chinese_is_written_in_a_font_that_stays_thin_in_the_dark_and_titles_in_bold(app, role, family):
    if family not in QFontDatabase.families():
        pytest.skip("needs the fonts that ./dev installs")
    line = QTextLayout("保修期", theme.font(role))
    line.beginLayout()
    line.createLine()
    line.endLayout()
    assert [run.rawFont().familyName() for run in line.glyphRuns()] == [family]


def test_a_live_change_of_the_scale_stretches_what_a_layout_and_a_field_were_given_once(app):
    theme.apply(app, "light", 100)
    page = QWidget()
    rows, inner = QVBoxLayout(page), QHBoxLayout()
    rows.setContentsMargins(16, 8, 16, 8)
    rows.setSpacing(12)
    field, line = QLineEdit(), QWidget()
    field.setFixedWidth(96)
    line.setFixedHeight(1)
    inner.addWidget(field)
    inner.setContentsMargins(8, 0, 0, 0)
    rows.addLayout(inner)
    gap(rows, "space.2")
    rows.addWidget(line)
    before = rows.minimumSize().height()
    theme.apply(app, "light", 150)
    margins, spacing = 8 + 8, 12  # the same as ever beside them: a gap has no spacing of its own
    assert before == margins + spacing + 8 + inner.minimumSize().height() + 1
    assert rows.minimumSize().height() == 1.5 * (margins + spacing + 8) + inner.minimumSize().height() + 1
    assert rows.contentsMargins().left() == 24 and rows.contentsMargins().top() == 12 and rows.spacing() == 18
    assert field.minimumWidth() == field.maximumWidth() == 144
    assert inner.contentsMargins().left() == 12
    assert line.maximumHeight() == 1 and field.maximumHeight() > 10_000
    theme.apply(app, "light", 100)
    assert rows.contentsMargins().left() == 16 and field.minimumWidth() == 96


def test_a_crowded_header_shows_icons_and_its_tabs_begin_at_the_edge_at_every_scale(app):
    theme.apply(app, "light", 100)
    header, button = Header(40, flush=True), Button(Text("Use in workflow", "用于工作流"), "workflow")
    header.row.addWidget(button)
    header.bare_below(300, button)
    header.resize(400, 40)
    whole = button.sizeHint().width()
    header.show()
    header.resize(200, 40)
    assert button.sizeHint().width() < whole / 2 and button.toolTip() == button.accessibleName() == button.text()
    header.resize(400, 40)
    assert button.sizeHint().width() == whole and not button.toolTip()
    theme.apply(app, "light", 150)
    assert header.row.contentsMargins().left() == 0
    theme.apply(app, "light", 100)


def test_what_hears_of_a_change_in_steps_takes_no_more_of_them_once_it_is_gone(app):
    import shiboken6

    taken: list[int] = []

    class Painter(QLabel):
        def repaint_all(self):
            for number in range(3):
                taken.append(number)
                yield
            self.text()

    painter, changed = Painter(), Change()
    changed.connect(painter.repaint_all)
    steps = changed.telling()
    while len(taken) < 3:
        next(steps)
    shiboken6.delete(painter)
    exhaust(steps)
    assert taken == [0, 1, 2]


def test_what_qt_says_itself_is_said_in_the_language_of_the_window(app, qtbot):
    words = {}
    for chosen in ("zh", "en"):
        language.set(chosen)
        dialog = QFileDialog(options=QFileDialog.Option.DontUseNativeDialog)
        qtbot.addWidget(dialog)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        words[chosen] = {button.text() for button in dialog.findChildren(QPushButton)}
    assert words == {"zh": {"保存(&S)", "取消"}, "en": {"&Save", "Cancel"}}
