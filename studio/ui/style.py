"""The style sheet of Qt's own widgets, filled from the tokens. The kit's painted widgets do not need it."""

from __future__ import annotations

from collections.abc import Callable
from string import Template

SHEET = Template("""
* { outline: none; }
QToolTip { background: $tooltip; color: $tooltip_text; border: none; padding: ${s1}px ${s2}px; }
QMainWindow, QDialog, #window { background: $app; }
QWidget[surface="panel"] { background: $panel; }
QWidget[surface="content"] { background: $content; }
QWidget[surface="app"] { background: $app; }
QWidget[surface="canvas"] { background: $canvas; }
QWidget[surface="raised"] { background: $raised; border: 1px solid $border; border-radius: ${r_lg}px; }
QWidget[surface="popup"] { background: $raised; border: 1px solid $border_strong; border-radius: ${r_lg}px; }
QLineEdit, QAbstractSpinBox, QPlainTextEdit[field="true"], QTextEdit[field="true"] {
  background: $input; color: $text; border: 1px solid $border_strong; border-radius: ${r_md}px;
  padding: 0 ${pad}px; selection-background-color: $selected; selection-color: $on_selected; }
QLineEdit { min-height: ${h_field}px; max-height: ${h_field}px; }
QPlainTextEdit[field="true"], QTextEdit[field="true"] { padding: ${s1}px ${s1}px; }
QLineEdit:hover, QPlainTextEdit[field="true"]:hover { border-color: $control; }
QLineEdit:focus, QPlainTextEdit[field="true"]:focus, QTextEdit[field="true"]:focus { border: 1px solid $ring; }
QLineEdit:disabled, QPlainTextEdit:disabled { color: $disabled; background: $panel; }
QLineEdit[bad="true"], QPlainTextEdit[bad="true"] { border-color: $danger; }
QLineEdit[bare="true"] { border: none; background: transparent; padding: 0; min-height: 0; max-height: 9999px; }
QLineEdit[search="true"] { padding-left: 2px; }
QPlainTextEdit, QTextEdit, QTextBrowser { background: $content; color: $text; border: none;
  selection-background-color: $selected; selection-color: $on_selected; }
QAbstractScrollArea { border: none; background: transparent; }
QScrollArea, QScrollArea > QWidget > QWidget[scrolled="true"] { background: transparent; border: none; }
QAbstractItemView { background: transparent; color: $text; border: none; selection-background-color: $accent_muted;
  selection-color: $text; alternate-background-color: $panel; }
QAbstractItemView::item:hover { background: $hover; }
QAbstractItemView::item:selected { background: $accent_muted; color: $text; }
QHeaderView::section { background: $panel; color: $secondary; border: none; border-bottom: 1px solid $border;
  border-right: 1px solid $subtle; padding: 0 ${s2}px; }
QTableView { gridline-color: $subtle; }
QMenu { background: $raised; color: $text; border: 1px solid $border_strong; padding: ${s1}px; }
QMenu::item { padding: ${s1}px ${s6}px ${s1}px ${s2}px; min-height: ${s4}px; border-radius: ${r_sm}px; margin: 1px 0; }
QMenu::item:selected { background: $hover; }
QMenu::item:disabled { color: $disabled; }
QMenu::icon { padding-left: ${s2}px; }
QMenu::separator { height: 1px; background: $border; margin: ${s1}px 0; }
QComboBox QAbstractItemView { background: $raised; border: 1px solid $border_strong; padding: ${s1}px; }
QSplitter::handle { background: $border; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }
QSplitter::handle:hover { background: $ring; }
QScrollBar { background: transparent; border: none; margin: 0; }
QScrollBar:vertical { width: ${bar}px; }
QScrollBar:horizontal { height: ${bar}px; }
QScrollBar::handle { background: $thumb; border-radius: ${bar_r}px; margin: 2px; }
QScrollBar::handle:hover { background: $control; }
QScrollBar::handle:vertical { min-height: ${thumb}px; }
QScrollBar::handle:horizontal { min-width: ${thumb}px; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page { background: none; border: none;
  width: 0; height: 0; }
QProgressBar { background: $active; border: none; border-radius: 2px; max-height: 4px; min-height: 4px; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }
QCheckBox { spacing: ${s2}px; color: $text; }
QCheckBox::indicator { width: ${s3}px; height: ${s3}px; border: 1px solid $control; border-radius: ${r_xs}px;
  background: $input; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; }
""")

COLOURS = {
    "app": "surface.app",
    "panel": "surface.panel",
    "content": "surface.content",
    "raised": "surface.raised",
    "canvas": "surface.canvas",
    "input": "surface.input",
    "hover": "surface.hover",
    "active": "surface.active",
    "tooltip": "surface.tooltip",
    "text": "text.primary",
    "secondary": "text.secondary",
    "disabled": "text.disabled",
    "subtle": "border.subtle",
    "border": "border.default",
    "border_strong": "border.strong",
    "thumb": "border.strong",
    "control": "border.control",
    "ring": "accent.ring",
    "accent": "accent.solid",
    "accent_muted": "accent.muted",
    "danger": "danger.text",
    "selected": "qpalette.Highlight",
    "on_selected": "qpalette.HighlightedText",
    "tooltip_text": "qpalette.ToolTipText",
}
LENGTHS = {
    "s1": "space.1",
    "s2": "space.2",
    "s3": "space.3",
    "s4": "space.4",
    "s6": "space.6",
    "r_xs": "radius.xs",
    "r_sm": "radius.sm",
    "r_md": "radius.md",
    "r_lg": "radius.lg",
    "pad": "control.padX.sm",
    "bar": "control.scrollbar.hover",
    "thumb": "control.scrollbar.minThumb",
}


def style_sheet(css: Callable[[str], str], size: Callable[[str], int]) -> str:
    """The sheet for the theme and the scale in force."""
    values = {name: css(path) for name, path in COLOURS.items()}
    values |= {name: str(size(path)) for name, path in LENGTHS.items()}
    values["h_field"] = str(size("control.height.md") - 2)
    values["bar_r"] = str(max(1, size("control.scrollbar.hover") // 2 - 2))
    return SHEET.substitute(values)
