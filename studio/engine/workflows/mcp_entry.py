"""One MCP server, as its entry in the file says it."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

NOWHERE = "nowhere"


class McpServer(BaseModel):
    """One entry of the file: a program (`command`) or an address (`url`)."""

    model_config = ConfigDict(extra="ignore")  # other programs keep words of their own there

    name: str = ""
    command: str = ""
    args: list[str] = []
    env: dict[str, str] = {}
    cwd: Path | None = None
    url: str = ""
    headers: dict[str, str] = {}
    allow: list[str] = []
    seconds: float = Field(120.0, gt=0, le=3_600)  # of one call

    @model_validator(mode="after")
    def _is_somewhere(self) -> McpServer:
        if not self.command and not self.url:
            raise PydanticCustomError(NOWHERE, "it has neither a command nor a url")
        return self

    def allows(self, tool: str) -> bool:
        """Whether the tool may be called without asking a person."""
        return "*" in self.allow or tool in self.allow
