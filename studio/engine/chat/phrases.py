"""What requests are like that need documents, data, or neither: in words that the meaning of a message is held against."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from studio.engine.errors import StudioError

if TYPE_CHECKING:
    from studio.engine.models.service import Models

log = logging.getLogger(__name__)
SEARCHING = (
    "What do the documents, the handbook say about it?", "文档、手册中怎么说？",
    "How long is the warranty? What are the rules?", "保修、退款有什么规定？",
    "How do I repair or clean it? What has to be done first?", "怎么维修、清洁？应该先做什么？",
    "Where is it, and who is responsible for it?", "它在哪里，由谁负责？",
)  # fmt: skip
QUERYING = (
    "Count, sum or average the rows of the data by group.", "按组统计数量、总和、平均值",
    "How many orders are there? What is the total?", "有多少条订单？总金额是多少？",
    "Which product or customer has the most, the highest, the lowest?", "哪个产品或客户最多、最高、最低？",
    "Show sales by month, compare the regions.", "按月列出销售额，比较各地区",
)  # fmt: skip
CHATTING = (
    "Hello! Good to see you.", "你好！",
    "How are you doing? Is everything fine with you?", "你好吗？一切都好吗？",
    "Thank you, that was kind.", "非常感谢！",
    "Goodbye, talk to you later.", "再见，回头聊",
    "Who made you, and what are you able to help with?", "你是谁做的？能帮我什么？",
    "I am happy. I am sad. I am hungry.", "我很开心。我有点难过。",
    "Let us chat about hobbies and films.", "我们聊聊爱好和电影吧",
    "Yes. No. All right, understood.", "是的。不对。好，明白了。",
)  # fmt: skip
WRITING = (
    "Write a story, a poem or a letter for me.", "帮我写一个故事、一首诗或一封信",
    "Translate this sentence into German.", "把这句话翻译成英文",
    "Make your last answer shorter, say it differently.", "把上面的回答改短一些，换个说法",
)  # fmt: skip
TALK = (
    CHATTING + WRITING
)  # what nobody needs a tool for, in its kinds: a request that is nearest to one of these gets none
# A text that is to be written or translated may stand on documents, and a search that is left out is worse than
# one too many: only what is clearly chatting goes without, as measured.
CLEARLY, BY = 0.4, 0.1
MOST = 2_000  # phrases whose vectors are kept: names of collections and workflows come and go


class Phrases:
    """Holds messages against phrases by their meaning. A phrase is embedded once for each embedding model."""

    def __init__(self, models: Models) -> None:
        self._models = models
        self._known: dict[tuple[str, str], Any] = {}  # by model and phrase

    async def near(self, message: str, phrases: Sequence[str]) -> Any | None:
        """How near each phrase is to a message, 1 at the most, as an array; None where nothing can measure it."""
        import numpy

        try:
            model = (await self._models.embedder()).id
            known = await self._vectors(model, phrases)
            asked = await self._models.embed(model, [message], purpose="query")
        except StudioError as error:
            log.info("how near a message is to phrases was not measured: %s", error)
            return None
        return numpy.stack(known) @ asked[0]

    async def is_small_talk(self, message: str) -> bool:
        """Whether a message is clearly chatting, and needs no sources; False where nothing can measure it."""
        near = await self.near(message, [*CHATTING, *WRITING, *SEARCHING, *QUERYING])
        if near is None:
            return False
        talk, other = near[: len(CHATTING)].max(), near[len(CHATTING) :].max()
        return bool(talk >= CLEARLY and talk - other >= BY)

    async def _vectors(self, model: str, phrases: Sequence[str]) -> list[Any]:
        new = [each for each in dict.fromkeys(phrases) if (model, each) not in self._known]
        made = {(model, each): vector for each, vector in zip(new, await self._models.embed(model, new), strict=True)}
        known = self._known | made
        self._known = made if len(known) > MOST else known
        return [known[model, each] for each in phrases]
