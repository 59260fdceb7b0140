"""E-mails: who wrote to whom about what, the text, and the names of what is attached."""

from __future__ import annotations

from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import ClassVar

from studio.engine.knowledge.reader import Heading, Page, Reader, Unreadable
from studio.engine.knowledge.readers.html import words_of
from studio.engine.knowledge.readers.text import decoded_bytes
from studio.engine.text import Text

HEAD = ("From", "To", "Cc", "Date")


class Eml(Reader):
    """One page without a number: the subject as heading. Attachments are named, not opened."""

    name: ClassVar[str] = "eml"
    suffixes: ClassVar[tuple[str, ...]] = (".eml",)
    title: ClassVar[Text] = Text("E-mail", "电子邮件")

    def read(self, path: Path) -> list[Page]:
        content = path.read_bytes()
        message = BytesParser(EmailMessage, policy=policy.default).parsebytes(content)
        if not any(message[name] for name in (*HEAD, "Subject")):
            raise Unreadable(
                Text(f"{path.name} is not an e-mail.", f"{path.name} 不是电子邮件。"),
                Text("Save it again from the mail program as .eml.", "请在邮件程序中重新另存为 .eml。"),
            )
        subject = " ".join(str(message["Subject"] or "").split())
        head = [f"{name}: {' '.join(str(message[name]).split())}" for name in HEAD if message[name]]
        attached = [str(part.get_filename()) for part in message.iter_attachments() if part.get_filename()]
        tail = [f"Attachments: {', '.join(attached)}"] if attached else []
        text = "\n\n".join(part for part in (subject, "\n".join(head), _body(message, path.name), *tail) if part)
        return [Page(None, text, [Heading(0, 1, subject)] if subject else [])]


def _body(message: EmailMessage, name: str) -> str:
    part = message.get_body(("plain", "html"))
    if part is None:
        return ""
    content = part.get_payload(decode=True)
    raw = content if isinstance(content, bytes) else str(content).encode()
    charset = part.get_content_charset()
    try:
        text = raw.decode(charset) if charset else decoded_bytes(raw, name)
    except (LookupError, UnicodeDecodeError):
        text = decoded_bytes(raw, name)
    text = text.replace("\r\n", "\n").strip()
    return words_of(text).text if part.get_content_type() == "text/html" else text
