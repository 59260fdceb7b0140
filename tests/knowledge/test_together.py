"""Several collections searched at once: their words on one scale."""

import random

import pytest

from studio.engine.knowledge.document import Filter

WARRANTY = "The warranty on the K7 pump is 24 months."
PASTA = "Then pump up the mattress, the guests stay overnight."
WORKSHOP = [f"The pump of line {n} was greased; the next service is in week {n}." for n in range(1, 15)]
CARD = "The warranty cards of all lines lie in the office."
KITCHEN = [f"Dish {n}: boil the noodles for {n} minutes and serve them with basil." for n in range(1, 15)]


@pytest.fixture
async def collections(room, tmp_path):
    """A workshop in which every note names pumps, a kitchen in which one does, and both in one."""
    made = {}
    for name, rows in (("workshop", [*WORKSHOP, WARRANTY, CARD]), ("kitchen", [*KITCHEN, PASTA])):
        (tmp_path / f"{name}.csv").write_text("note\n" + "".join(f'"{row}"\n' for row in rows))
    for name, files in (("workshop", ["workshop"]), ("kitchen", ["kitchen"]), ("both", ["workshop", "kitchen"])):
        made[name] = (await room.knowledge.create(name)).id
        await room.add(made[name], *(tmp_path / f"{file}.csv" for file in files))
    return made


async def by_words(room, query, *collections, limit=40):
    found = await room.knowledge.search(query, collections, limit, mode="keyword")
    return [(one.chunk.text, one.keyword) for one in found]


async def test_a_word_is_as_rare_as_it_is_in_all_collections_that_are_searched(room, collections):
    query = "pump warranty"
    apart = {name: dict(await by_words(room, query, collections[name])) for name in ("workshop", "kitchen")}
    [passing] = [text for text in apart["kitchen"] if "mattress" in text]
    [answer] = [text for text in apart["workshop"] if text.startswith(WARRANTY)]
    assert apart["kitchen"][passing] > apart["workshop"][answer] > 0  # as they are, the kitchen would win
    together = await by_words(room, query, collections["workshop"], collections["kitchen"])
    assert together[0][0] == answer
    found = await room.knowledge.search(query, [collections["kitchen"], collections["workshop"]])
    assert found[0].chunk.text == answer and found[0].keyword_rank == 1


async def test_collections_searched_together_rank_as_one_that_holds_all_of_them(room, collections):
    words = [word for row in (WARRANTY, PASTA, WORKSHOP[3], KITCHEN[5]) for word in row.strip(".").split()]
    chance = random.Random(4)
    for query in [" ".join(chance.sample(words, 3)) for _ in range(20)]:
        together = await by_words(room, query, collections["kitchen"], collections["workshop"])
        one = await by_words(room, query, collections["both"])
        assert dict(together) == pytest.approx(dict(one)) and len(together) == len(one)
        assert [weight for _, weight in together] == pytest.approx([weight for _, weight in one])


async def test_a_filter_and_what_was_left_out_hold_for_collections_together_too(room, collections):
    pair = [collections["workshop"], collections["kitchen"]]
    best = (await room.knowledge.search("warranty of the pump", pair, mode="keyword"))[0]
    await room.knowledge.editing.exclude(best.chunk.id)
    left = await room.knowledge.search("warranty of the pump", pair, 40, mode="keyword")
    assert best.chunk.id not in [one.chunk.id for one in left] and left
    noodles = await room.knowledge.search(
        "pump noodles", pair, 40, mode="keyword", filter=Filter(files=["kitchen.csv"])
    )
    assert {one.document.file_name for one in noodles} == {"kitchen.csv"}
    assert any("mattress" in one.chunk.text for one in noodles)
