"""Secrets: in the desktop's keyring where there is one, else in an encrypted file, which says so."""

from __future__ import annotations

import json
import os
from pathlib import Path

from studio.engine.errors import Unavailable
from studio.engine.files import write_bytes
from studio.engine.text import Text

SERVICE = "one-data-studio"


class Secrets:
    """Named secrets. They never enter settings, exports, logs or command lines.

    Blocking: call through `asyncio.to_thread`. The fallback file is encrypted with a key that lies beside it (0600), so
    it guards against backups and screenshots of the folder's files, not against somebody who can read this user's files.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "secrets.bin"
        self._key_file = folder / "secrets.key"
        self._keyring_works: bool | None = None

    def where(self) -> Text:
        """Where secrets are kept here, in words for Settings."""
        if self._has_keyring():
            return Text("In the system keychain.", "保存在系统钥匙串中。")
        return Text(
            "In an encrypted file, because this computer offers no keychain.",
            "本机没有可用的钥匙串，保存在加密文件中。",
        )

    def get(self, name: str) -> str | None:
        if self._has_keyring():
            import keyring

            found: str | None = keyring.get_password(SERVICE, name)
            return found
        return self._read().get(name)

    def set(self, name: str, value: str) -> None:
        if self._has_keyring():
            import keyring

            keyring.set_password(SERVICE, name, value)
            return
        self._write({**self._read(), name: value})

    def delete(self, name: str) -> None:
        if self._has_keyring():
            import keyring
            import keyring.errors

            try:
                keyring.delete_password(SERVICE, name)
            except keyring.errors.PasswordDeleteError:
                pass
            return
        self._write({key: value for key, value in self._read().items() if key != name})

    def _has_keyring(self) -> bool:
        if self._keyring_works is None:
            self._keyring_works = os.environ.get("ONE_DATA_KEYRING") != "file" and _keyring_works()
        return self._keyring_works

    def _read(self) -> dict[str, str]:
        if not self._file.exists():
            return {}
        from cryptography.fernet import Fernet, InvalidToken

        try:
            content = Fernet(self._key()).decrypt(self._file.read_bytes())
        except (InvalidToken, ValueError) as error:
            raise Unavailable(
                Text(f"{self._file} cannot be decrypted.", f"{self._file} 无法解密。"),
                Text("Move it away and enter the keys again.", "请移走该文件并重新输入密钥。"),
            ) from error
        return dict(json.loads(content))

    def _write(self, values: dict[str, str]) -> None:
        from cryptography.fernet import Fernet

        write_bytes(self._file, Fernet(self._key()).encrypt(json.dumps(values).encode()))

    def _key(self) -> bytes:
        if not self._key_file.exists():
            from cryptography.fernet import Fernet

            write_bytes(self._key_file, Fernet.generate_key())
        return self._key_file.read_bytes()


def _keyring_works() -> bool:
    """Whether the keyring answers; a library that is there without a service behind it does not count."""
    try:
        import keyring
        from keyring.backends import fail, null

        if isinstance(keyring.get_keyring(), fail.Keyring | null.Keyring):
            return False
        keyring.get_password(SERVICE, "probe")
    except Exception:
        return False
    return True
