"""Python code of the user's own, in a process that can reach nothing."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from pydantic import StringConstraints

from studio.engine.params import Params, PythonText, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.graph import PORT_TITLES, Port, Ports, any_port
from studio.engine.workflows.node import node
from studio.engine.workflows.packages import check, places
from studio.engine.workflows.sandbox import Limits, run_code
from studio.engine.workflows.values import convert, plain


class PythonParams(Params):
    code: PythonText = param(
        "return value",
        Text("Code", "代码"),
        help=Text("The body of a function; return the answer.", "函数体，用 return 返回结果。"),
    )
    inputs: list[str] = param(["value"], Text("Inputs", "输入"))
    packages: list[Annotated[str, StringConstraints(pattern=r"^[A-Za-z_]\w*$")]] = param(
        [], Text("Packages", "依赖包"), advanced=True,
        help=Text("Names to import, such as numpy. They have to be installed; a problem says how.", "要导入的名称，例如 numpy，须已安装；缺少时会提示安装方法。"),
    )  # fmt: skip
    output: Literal["any", "text", "number", "boolean", "json", "table"] = param(
        "any",
        Text("Returns", "返回类型"),
        choices={name: PORT_TITLES[name] for name in ("any", "text", "number", "boolean", "json", "table")},
    )
    seconds: float = param(10.0, Text("Time limit", "时限"), gt=0, le=3600, unit="s")
    memory_mb: int = param(256, Text("Memory limit", "内存上限"), ge=32, le=65_536, unit="MB")


def python_ports(params: PythonParams) -> Ports:
    output = Port(name="value", type=params.output, title=Text("Result", "结果"))
    return Ports(inputs=[any_port(name) for name in params.inputs], outputs=[output])


@node(
    title=Text("Python code", "Python 代码"),
    category="transform",
    icon="code-xml",
    doc=Text(
        "Runs Python of your own: no network, no files, limits on time and memory.",
        "运行自己的 Python 代码：无网络、无文件访问，时间和内存受限。",
    ),
    ports=python_ports,
    packages=lambda params: params.packages,
    summary=lambda params: params.code,
)
async def python(context: Context, params: PythonParams, /, **values: Any) -> None:
    """Run the code in the sandbox. Tables arrive as lists of rows; an error carries the code's own traceback. `BadParameter` names
    a package that is not installed."""
    arguments = {name: plain(value) for name, value in values.items()}
    folder = context.services.packages
    await asyncio.to_thread(check, params.packages, folder)
    libraries = places(folder) if params.packages else []
    limits = Limits(params.seconds, params.memory_mb)
    async with context.holding(params.memory_mb * 1024 * 1024):
        answer = await run_code(
            params.code, arguments, limits, on_log=context.log, libraries=libraries, within=context.services.temporary
        )
    return {"value": convert(answer, params.output)}  # type: ignore[return-value]
