"""An empty home: the chat leads on to a model, documents, data or the sample project."""

from studio.ui.views.chat import ChatView
from tests.ui.real import desk_with


def words_of(view) -> list[str]:
    return [button.text() for button in view.middle.examples.buttons() if not button.isHidden()]


def test_an_empty_chat_leads_on_and_the_sample_project_brings_its_questions(tmp_path, app, bridge, qtbot, monkeypatch):
    with desk_with(ChatView, tmp_path / "home", bridge, qtbot, monkeypatch) as desk:
        desk.until(lambda: desk.window.current_view() is not None)
        view = desk.window.current_view()
        desk.until(lambda: len(words_of(view)) == 4)
        assert words_of(view)[0].startswith("Add a model") and words_of(view)[1] == "Add documents to ask about"
        sample = next(each for each in view.middle.examples.buttons() if each.text().startswith("Open the sample"))
        sample.click()
        desk.until(lambda: any(words.endswith("?") for words in words_of(view)))
        assert not any(words.startswith("Add ") for words in words_of(view))
