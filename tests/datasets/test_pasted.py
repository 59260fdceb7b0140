from __future__ import annotations

import pytest

from studio.engine.datasets.pasted import rows_of
from studio.engine.errors import BadParameter
from tests.data_rooms import Rooms

HTML = """<html><body><p>Before</p><table><tr><th>城市</th><th colspan=2>Amount</th></tr>
<tr><td>广州 &amp; <b>深圳</b></td><td>1,200</td><td>a<br>b</td></tr><tr><td></td><td></td></tr></table>
<table><tr><td>another</td></tr></table></body></html>"""


def test_cells_of_a_spreadsheet_come_with_tabs_and_quotes() -> None:
    assert rows_of('id\tname\n1\t"two\nlines"\n2\t\n') == [["id", "name"], ["1", "two\nlines"], ["2", ""]]


def test_the_first_table_of_a_page_is_taken_with_its_text_alone() -> None:
    assert rows_of("Before 城市 …", HTML) == [["城市", "Amount", ""], ["广州 & 深圳", "1,200", "a\nb"]]


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "a;b\n1;2", "a|b\r\n1|2\r\n"])
def test_text_with_separators_is_a_table(text: str) -> None:
    assert rows_of(text) == [["a", "b"], ["1", "2"]]


@pytest.mark.parametrize("text", ["", "one word", "A sentence, with a comma.\nAnother one.", "only,one,line"])
def test_other_text_is_no_table(text: str) -> None:
    assert rows_of(text) == []


async def test_a_pasted_table_is_a_file_of_the_project_and_a_dataset(rooms: Rooms) -> None:
    dataset = await rooms.datasets.paste("id\tname\n1\ta, b\n2\t华南\n")
    assert dataset.name.startswith("Pasted 20") and dataset.statistics["origin"] == {"kind": "clipboard"}
    assert (await rooms.datasets.page(dataset.id, 0, 9)).to_pydict() == {"id": [1, 2], "name": ["a, b", "华南"]}
    assert rooms.paths.data in (await rooms.datasets.files(dataset.id))[0].parents
    again = await rooms.datasets.paste("id\tname\n1\ta, b\n", name="other")
    assert again.name == "other" and again.storage_path != dataset.storage_path
    with pytest.raises(BadParameter, match="no table in the clipboard"):
        await rooms.datasets.paste("just words")
