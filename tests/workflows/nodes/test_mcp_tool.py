from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any, ClassVar

import pytest

from studio.engine.egress import Egress
from studio.engine.errors import BadParameter, Forbidden, Invalid, NotFound, Unavailable
from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.mcp_servers import McpServers
from studio.engine.workflows.nodes.agent import AgentParams, agent
from studio.engine.workflows.nodes.mcp_tool import McpToolParams, mcp_tool
from tests.contracts.node_contract import NodeContract
from tests.workflows.nodes.scripted import scripted

PROGRAM = Path(__file__).parents[1] / "mcp_server.py"
OF_THE_SDK = Path(__file__).parents[1] / "mcp_sdk_server.py"


def named(folder: Path, **more: Any) -> McpServers:
    """A studio's servers: one program of the name “pumps”."""
    entry = {
        "command": sys.executable,
        "args": ["-S", "-E", str(PROGRAM)],
        "env": {"NOTES": str(folder / "notes")},
        **more,
    }
    (folder / "mcp.json").write_text(json.dumps({"mcpServers": {"pumps": entry}}))
    return McpServers(folder / "mcp.json", Egress())


def context(servers: McpServers, answer: str | None = None) -> Context:
    """A run in which a person says `answer` to whatever is asked."""
    here = Context(services=Services(mcp=servers))

    async def ask(question: dict[str, Any], seconds: float | None = None) -> Any:
        assert answer is not None, "nobody was to be asked"
        return {"choice": answer, "text": ""}

    here.ask = ask  # type: ignore[method-assign]
    return here


@pytest.fixture
def served() -> Iterator[str]:
    """A server at an address."""
    child = Popen([sys.executable, str(OF_THE_SDK)], stdout=PIPE, text=True)
    try:
        assert child.stdout is not None
        yield f"http://127.0.0.1:{int(child.stdout.readline())}/mcp"
    finally:
        child.kill()
        child.wait()


class TestMcpTool(NodeContract):
    name = "mcp_tool"
    example: ClassVar = {"server": "pumps", "tool": "warranty", "inputs": ["product"]}

    async def test_a_tool_of_a_program_is_called_with_what_comes_by_wires_and_what_is_fixed(
        self, tmp_path: Path
    ) -> None:
        here = context(named(tmp_path, allow=["*"]))
        params = McpToolParams(
            server="pumps", tool="warranty", inputs=["product"], values='{"months": 36, "product": "?"}'
        )
        assert await mcp_tool(here, params, product="K7") == {"product": "K7", "months": 36}
        assert await mcp_tool(here, McpToolParams(server="pumps", tool="shout", inputs=["text"]), text="pump") == "PUMP"
        seen = await mcp_tool(here, McpToolParams(server="pumps", tool="seen"))
        assert "NOTES" in seen and "HOME" not in seen and "ONE_DATA_KEYRING" not in seen

    async def test_a_server_at_an_address_is_reached_through_the_guard(self, tmp_path: Path, served: str) -> None:
        (tmp_path / "mcp.json").write_text(
            json.dumps({"mcpServers": {"pumps": {"url": served, "allow": ["warranty"]}}})
        )
        egress = Egress()
        here = context(McpServers(tmp_path / "mcp.json", egress))
        params = McpToolParams(server="pumps", tool="warranty", inputs=["product"])
        assert await mcp_tool(here, params, product="K7") == {"product": "K7", "months": 24}
        assert {(line.purpose, line.allowed) for line in egress.ledger} == {("mcp", True)}
        with pytest.raises(Forbidden):  # the file granted it to the server's own calls, to nothing else
            await egress.judge(served, purpose="workflow")

    async def test_a_person_allows_each_call_unless_the_file_does(self, tmp_path: Path) -> None:
        servers, notes = named(tmp_path, allow=["shout"]), tmp_path / "notes"
        params = McpToolParams(server="pumps", tool="note", values='{"text": "hello"}')
        with pytest.raises(Forbidden, match="did not allow"):
            await mcp_tool(context(servers, "refuse"), params)
        assert not notes.exists()
        assert await mcp_tool(context(servers, "allow"), params) == "noted"
        assert notes.read_text() == "hello\n"

    async def test_what_goes_wrong_is_said_with_the_way_out(self, tmp_path: Path) -> None:
        here = context(named(tmp_path, allow=["*"]))
        with pytest.raises(NotFound, match="Known: pumps") as unknown:
            await mcp_tool(here, McpToolParams(server="files", tool="x"))
        assert "mcp.json" in unknown.value.repair.en and unknown.value.fix.target == "server"  # type: ignore[union-attr]
        with pytest.raises(BadParameter, match="It has: warranty, shout"):
            await mcp_tool(here, McpToolParams(server="pumps", tool="x"))
        with pytest.raises(BadParameter, match="'product' is a required property"):
            await mcp_tool(here, McpToolParams(server="pumps", tool="warranty"))
        with pytest.raises(Unavailable, match="the pump is dry"):
            await mcp_tool(here, McpToolParams(server="pumps", tool="break_down"))
        with pytest.raises(Unavailable, match="could not be started"):
            await mcp_tool(
                context(named(tmp_path, command="/no/such/program")), McpToolParams(server="pumps", tool="x")
            )
        words = "import sys; sys.exit('no license for pumps')"
        with pytest.raises(Unavailable, match="failed") as silent:
            await mcp_tool(context(named(tmp_path, args=["-c", words])), McpToolParams(server="pumps", tool="x"))
        assert silent.value.details == "no license for pumps"
        with pytest.raises(Invalid, match="pumps: args: A list is needed"):
            await mcp_tool(context(named(tmp_path, args="-c")), McpToolParams(server="pumps", tool="x"))
        for entry, en, zh in (
            ({"args": "-c"}, "args: A list is needed", "args：请填写列表"),
            ({"seconds": -1}, "seconds: More than 0.0", "seconds：必须大于 0.0"),
            ({"seconds": "soon"}, "seconds: A number is needed", "seconds：请输入数字"),
            ({"cwd": 3}, "cwd: A path is needed", "cwd：请填写路径"),
            ({"env": {"KEY": 1}}, "env.KEY: A text is needed", "env.KEY：请填写文本"),
            ({"command": ""}, "it has neither a command nor a url", "既没有 command，也没有 url"),
        ):
            [listed] = named(tmp_path, **entry).file.listed()
            assert listed.problem is not None and listed.server is None
            said, path = listed.problem.message, tmp_path / "mcp.json"
            assert said.en.removeprefix(f"{path} cannot be read: pumps: ").startswith(en), said.en
            assert said.zh == f"无法读取 {path}：pumps：{zh}。"
        for content, zh in (
            (b"{", "第 1 行第 2 列不是有效的 JSON"),
            (b"\xff", "它不是 UTF-8 文本"),
            (b"[]", "它不是对象"),
        ):
            (tmp_path / "mcp.json").write_bytes(content)
            with pytest.raises(Invalid) as unread:
                McpServers(tmp_path / "mcp.json", Egress()).file.listed()
            assert unread.value.message.zh == f"无法读取 {tmp_path / 'mcp.json'}：{zh}。"
        (tmp_path / "mcp.json").write_text("{")
        with pytest.raises(Invalid, match="cannot be read"):
            await mcp_tool(here, McpToolParams(server="pumps", tool="x"))

    async def test_a_program_ends_with_the_step_that_is_cancelled(self, tmp_path: Path) -> None:
        here, notes = context(named(tmp_path, allow=["*"])), tmp_path / "notes"
        params = McpToolParams(server="pumps", tool="sleep", values='{"seconds": 600}')
        step = asyncio.create_task(mcp_tool(here, params))
        async with asyncio.timeout(200):
            while not notes.exists() or not notes.read_text():
                assert not step.done(), step.result()
                await asyncio.sleep(0.02)
        step.cancel()
        with pytest.raises(asyncio.CancelledError):
            await step
        assert not Path(f"/proc/{notes.read_text()}").exists()

    @pytest.mark.parametrize(("choice", "said"), [("allow", "noted"), ("refuse", "A person refused this.")])
    async def test_an_agent_has_the_tools_of_a_server_and_asks_before_those_that_were_not_allowed(
        self, tmp_path: Path, choice: str, said: str
    ) -> None:
        turns = [("mcp_pumps_warranty", '{"product": "K7"}'), ("mcp_pumps_note", '{"text": "K7"}')]
        here, model = scripted(turns, "24 months.", mcp=named(tmp_path, allow=["warranty"]))
        here.ask = context(here.services.mcp, choice).ask  # type: ignore[method-assign]
        done = await agent("How long?", here, AgentParams(tools=["mcp:pumps"]))
        assert done.ended == "answered" and done.trace[0]["answer"] == '{"product": "K7", "months": 24}'
        assert done.trace[1]["answer"].startswith(said)
        offered = {tool["function"]["name"]: tool["function"] for tool in model.options[0]["tools"]}
        assert offered["mcp_pumps_warranty"]["parameters"]["required"] == ["product"]
        assert "mcp_pumps_shout" in offered and offered["mcp_pumps_shout"]["description"] == "The text in capitals."
