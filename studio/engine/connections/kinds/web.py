"""A web service that wants a key: who asks it names the connection, and the key goes to this one server only."""

from __future__ import annotations

import base64
from typing import ClassVar, Literal

from studio.engine.connections.connection import Branch, sign_in
from studio.engine.connections.kind import ConnectionKind, Values
from studio.engine.egress import place, trusted
from studio.engine.errors import BadParameter, Unavailable
from studio.engine.params import FileRef, Params, SecretText, param
from studio.engine.text import Text

PATIENCE = 15  # seconds


class WebParams(Params):
    address: str = param(
        ...,
        Text("Address", "地址"),
        help=Text("Such as https://api.example.org. The key goes to this server only.", "例如 https://api.example.org，密钥只会发送给该服务器。"),
        min_length=8,
    )  # fmt: skip
    way: Literal["bearer", "basic", "header"] = param(
        "bearer", Text("Signs in by", "登录方式"),
        choices={"bearer": Text("Bearer token", "Bearer 令牌"), "basic": Text("Name and password", "用户名和密码"), "header": Text("A header of its own", "自定义请求头")},
    )  # fmt: skip
    user: str = param("", Text("Name", "用户名"), when=("way", "basic"))
    header: str = param(
        "X-API-Key", Text("Header", "请求头"), when=("way", "header"), pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"
    )
    secret_key: SecretText = param("", Text("Key or password", "密钥或密码"))
    document: FileRef = param(
        "", Text("OpenAPI document", "OpenAPI 文档"), advanced=True,
        help=Text("A file or an address. Its operations are tools of workflows: api:NAME.", "文件或地址，其中的操作可作为工作流的工具：api:名称。"),
    )  # fmt: skip
    allow: list[str] = param(
        [], Text("Operations that need no leave", "无需批准的操作"), advanced=True,
        help=Text("Names of those that may change something without a person being asked; * for all.", "可直接更改数据而无需询问的操作名称，* 表示全部。"),
    )  # fmt: skip


class WebKind(ConnectionKind):
    """Nothing is below it; looking at it asks the address once, with the key."""

    name: ClassVar[str] = "web"
    title: ClassVar[Text] = Text("Web service", "网络服务")
    icon: ClassVar[str] = "globe"
    params: ClassVar[type[Params]] = WebParams

    def address(self, values: Values) -> tuple[str, int]:
        return place(str(values["address"]))

    def url(self, values: Values) -> str:
        return str(values["address"]).rstrip("/")

    def branches(self, values: Values, path: tuple[str, ...]) -> list[Branch]:
        import httpx

        where, port = self.address(values)
        try:
            with (
                httpx.Client(trust_env=False, verify=trusted(), timeout=PATIENCE) as client,
                client.stream("GET", self.url(values), headers=sign_in_headers(values)) as answer,
            ):
                status = answer.status_code
        except httpx.HTTPError as error:
            why = str(error) or type(error).__name__
            raise Unavailable(
                Text(f"{where}:{port} cannot be reached: {why}.", f"无法访问 {where}:{port}：{why}。"),
                Text("Check the address and the network.", "请检查地址和网络。"),
            ) from error
        if status in (401, 403):
            raise sign_in(f"{where}:{port}", str(status))
        return []


def sign_in_headers(values: Values) -> dict[str, str]:
    """The headers that sign a request in; none without a key. `BadParameter` for a key that no header can hold: it stays unsaid."""
    key = str(values["secret_key"])
    if not key:
        return {}
    if values["way"] == "basic":
        pair = base64.b64encode(f"{values['user']}:{key}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}
    if not (key.isascii() and key.isprintable() and key == key.strip()):
        raise BadParameter(
            Text("The key has characters that no header can hold.", "密钥中含有请求头不允许的字符。"),
            Text("Enter it again under Data › Connections.", "请在“数据 › 连接”中重新输入。"),
        )
    return {"Authorization": f"Bearer {key}"} if values["way"] == "bearer" else {str(values["header"]): key}


KIND = WebKind()
