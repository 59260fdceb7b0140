"""Colours, contrast, language and scale."""

import pytest
from PySide6.QtGui import QColor, QFontDatabase, QTextLayout
from PySide6.QtWidgets import QLabel, QPushButton

from studio.engine.text import Text
from studio.ui.icons import names, pixmap
from studio.ui.language import language, say
from studio.ui.theme import theme
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.labels import TONES, badge_colours

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
