"""Opening a link only after a person has seen where it goes."""

from __future__ import annotations

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QMessageBox, QWidget

from studio.engine.text import Text
from studio.ui.language import tr

SCHEMES = ("http", "https", "mailto")


def ask_to_open(parent: QWidget, address: str) -> QMessageBox:
    """Show the whole address and open it in the browser if the person agrees. Does not wait for the answer."""
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setWindowTitle(tr(Text("Open link", "打开链接")))
    box.setText(
        tr(Text("This link leaves the studio and opens in your browser.", "此链接将离开本程序，在浏览器中打开。"))
    )
    box.setInformativeText("\u200b".join(address[place : place + 60] for place in range(0, len(address), 60)))
    leave = box.addButton(tr(Text("Open in browser", "在浏览器中打开")), QMessageBox.ButtonRole.AcceptRole)
    copy = box.addButton(tr(Text("Copy link", "复制链接")), QMessageBox.ButtonRole.ActionRole)
    stay = box.addButton(tr(Text("Cancel", "取消")), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(stay)
    box.setEscapeButton(stay)
    copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(address))
    leave.clicked.connect(lambda: open_now(address))
    box.open()
    return box


def open_now(address: str) -> bool:
    """Hand a web or mail address to the system; anything else (files, programs) is refused."""
    url = QUrl(address)
    return url.scheme().lower() in SCHEMES and QDesktopServices.openUrl(url)
