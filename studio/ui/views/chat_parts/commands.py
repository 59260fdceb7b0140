"""What can be done in the Chat view, for menus, keys and the palette."""

from __future__ import annotations

from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING

from studio.engine.text import Text
from studio.ui.actions import Action
from studio.ui.views.chat_parts.threads import ASK_AGAIN

if TYPE_CHECKING:
    from studio.ui.studio import Studio

CATEGORY = Text("Chat", "对话")
ACTIONS = (
    ("new", Text("New chat", "新对话"), "plus", "Ctrl+N", "new_thread"),
    ("send", Text("Send the question", "发送问题"), "arrow-up", "", "send"),
    ("stop", Text("Stop the answer", "停止回答"), "square", "", "stop"),
    ("attach", Text("Attach a file", "附加文件"), "paperclip", "", "attach"),
    ("mention", Text("Add data to the question", "为问题添加数据"), "at-sign", "", "mention"),
    ("find", Text("Search threads and messages", "搜索对话和消息"), "search", "Ctrl+F", "find"),
    ("import", Text("Import chats", "导入对话"), "import", "", "import_chats"),
    ("ask_again", ASK_AGAIN, "shield-question-mark", "", "keeping.ask_again"),
    ("keep", Text("Save the thread as a workflow", "将对话存为工作流"), "workflow", "", "save_as_workflow"),
    ("run", Text("Run a workflow in the thread", "在对话中运行工作流"), "slash", "", "choose_workflow"),
    ("next_version", Text("Next version of the answer", "回答的下一个版本"), "git-branch", "Alt+Right", "next_version"),
    ("previous_version", Text("Previous version of the answer", "回答的上一个版本"), "git-branch", "Alt+Left", "previous_version"),
    ("next_source", Text("Next source", "下一个来源"), "arrow-down", "Alt+Down", "next_source"),
    ("previous_source", Text("Previous source", "上一个来源"), "arrow-up", "Alt+Up", "previous_source"),
)  # fmt: skip


def register(studio: Studio) -> None:
    """Add them; each shows the view first."""

    def do(method: str) -> None:
        studio.window.show_view("chat", lambda view: attrgetter(method)(view)())

    for name, words, icon, keys, method in ACTIONS:
        studio.actions.add(Action(f"chat.{name}", words, partial(do, method), icon, keys, CATEGORY, view="chat"))
