"""What the button of a failed step or of a problem says: its repair."""

from __future__ import annotations

from studio.engine.text import Text

WORDS: dict[str, Text] = {
    "model": Text("Choose a model", "选择模型"),
    "smaller": Text("Use a smaller model", "改用更小的模型"),
    "dataset": Text("Choose a dataset", "选择数据集"),
    "collection": Text("Choose a collection", "选择文档集"),
    "workflow": Text("Choose a workflow", "选择工作流"),
    "edit": Text("Edit settings", "修改设置"),
    "inputs": Text("Fill in inputs", "填写输入"),
    "host": Text("Allow {target}", "允许访问 {target}"),
    "connection": Text("Sign in", "登录"),
    "settings": Text("Open settings", "打开设置"),
    "plugin": Text("Show plug-ins", "查看插件"),
    "connect": Text("Connect…", "连接…"),
    "convert": Text("Insert a converter", "插入转换节点"),
    "unlink": Text("Remove the wire", "移除连线"),
    "variable": Text("Add variable “{target}”", "添加变量“{target}”"),
    "unbind": Text("Remove the binding", "移除绑定"),
    "free": Text("Make it stand alone", "设为独立节点"),
}


def words_of(kind: str, target: str) -> Text:
    """The repair in words; for one that nobody knows here, its settings."""
    return WORDS.get(kind, WORDS["edit"]).format(target=target)
