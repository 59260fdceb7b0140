"""Pictures and recordings as models are sent them: looked at first, made small enough, never by an address of somebody else."""

from __future__ import annotations

import asyncio
import base64
import binascii
import io
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from studio.engine.errors import BadParameter, Invalid, StudioError, Unavailable
from studio.engine.text import Text
from studio.engine.workflows.addressed import addresses, fetched, places_of
from studio.engine.workflows.context import Context

if TYPE_CHECKING:
    from PIL import Image

Kind = Literal["image", "audio"]
MOST = 32  # pictures or recordings of one question
LARGEST = 32 << 20  # bytes of one
PIXELS = 64_000_000  # of a picture; more is an attack or a map
SOUNDS = {b"ID3": "mp3", b"\xff\xfb": "mp3", b"\xff\xf3": "mp3", b"OggS": "ogg", b"fLaC": "flac"}
ENDINGS = {
    "image": (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"),
    "audio": (".wav", ".mp3", ".ogg", ".flac"),
}
WORDS = {"image": Text("picture", "图片"), "audio": Text("recording", "录音")}
REFUSED = (
    "not supported",
    "mmproj",
    "not a multimodal",
    "does not support",
    "invalid content type",
    "image_url",
    "input_audio",
)


async def parts_of(value: Any, kind: Kind, context: Context, longest_side: int = 1_536) -> list[dict[str, Any]]:
    """The parts of a message for a picture or recording, or a list of them: data addresses, s3://…, https://…, or files that
    the run was given. `Invalid` names one that is none; `BadParameter` where there are none."""
    found: list[dict[str, Any]] = []
    for address in addresses(value):
        for name, content in await _contents(address, kind, context, MOST - len(found)):
            make = _picture if kind == "image" else _sound
            found.append(await asyncio.to_thread(make, name, content, longest_side))
    if not found:
        raise BadParameter(
            Text(f"No {WORDS[kind].en} came in.", f"没有传入{WORDS[kind].zh}。"),
            Text("Wire in s3://…, https://…, or a file that the run is given.", "请传入 s3://…、https://… 或运行时获得的文件。"),
        )  # fmt: skip
    return found


async def asked(
    context: Context, model: str, content: list[dict[str, Any]], kind: Kind, **options: Any
) -> AsyncIterator[Any]:
    """The pieces of a model's answer to a message with such parts."""
    async for piece in seen_by(
        model, kind, context.models.chat(model, [{"role": "user", "content": content}], **options)
    ):
        yield piece


async def seen_by(model: str, kind: Kind, pieces: AsyncIterator[Any]) -> AsyncIterator[Any]:
    """The same pieces. `Unavailable` says that the model takes no such parts, and how to get one that does."""
    try:
        async for piece in pieces:
            yield piece
    except StudioError as error:
        if not any(word in error.message.en.lower() for word in REFUSED):
            raise
        raise _cannot(model, kind, error) from error


def _cannot(model: str, kind: Kind, error: StudioError) -> StudioError:
    words = WORDS[kind]
    example = (
        Text("Qwen2.5-VL", "Qwen2.5-VL")
        if kind == "image"
        else Text("Voxtral or Qwen2-Audio", "Voxtral 或 Qwen2-Audio")
    )
    takes = Text("sees pictures", "能看图片") if kind == "image" else Text("hears recordings", "能听录音")
    return Unavailable(
        Text(f"“{model}” takes no {words.en}s.", f"“{model}”不支持{words.zh}。"),
        Text(
            f"Choose a model that {takes.en}: add a server that serves one, such as {example.en}, under Models.",
            f"请选择{takes.zh}的模型：可在“模型”中添加提供此类模型（如 {example.zh}）的服务。",
        ),
        details=error.message.en,
    ).fixed_by("model")


async def _contents(address: str, kind: Kind, context: Context, left: int) -> list[tuple[str, bytes]]:
    """Names and contents. Where there are more than may come yet, none is read."""
    inline = address.startswith("data:")
    places = [] if inline else await places_of(context, address, partial(_named_as, kind), left + 1)
    if len(places) + inline > left:
        raise BadParameter(Text(f"More than {MOST} {WORDS[kind].en}s were given.", f"{WORDS[kind].zh}超过 {MOST} 个。"))
    if inline:
        head, _, data = address.partition(",")
        try:
            return [(head[5:30], base64.b64decode(data, validate=True))]
        except (ValueError, binascii.Error) as error:
            raise Invalid(Text("A data address does not hold.", "数据网址无效。")) from error
    found = []
    for place in places:
        async with fetched(context, place) as (file, name, _):
            found.append((name, await asyncio.to_thread(_read, file, name)))
    return found


def _named_as(kind: Kind, name: str) -> bool:
    return Path(name).suffix.lower() in ENDINGS[kind]


def _read(file: Path, name: str) -> bytes:
    if file.stat().st_size > LARGEST:
        raise Invalid(Text(f"{name} is larger than {LARGEST >> 20} MB.", f"{name} 超过 {LARGEST >> 20} MB。"))
    return file.read_bytes()


def _picture(name: str, content: bytes, longest_side: int) -> dict[str, Any]:
    """A picture as JPEG, or as PNG where it is see-through, no longer than asked; nothing but its pixels goes along."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")) as opened:
            if opened.width * opened.height > PIXELS:
                raise Invalid(
                    Text(
                        f"{name} has more than {PIXELS // 1_000_000} megapixels.",
                        f"{name} 超过 {PIXELS // 1_000_000} 百万像素。",
                    )
                )
            made = ImageOps.exif_transpose(opened)
            clear = "A" in made.getbands() or "transparency" in made.info
            made = _in_srgb(made.convert("RGBA" if clear else "RGB"))
            made.info.clear()  # comments, profiles, what cameras write
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Invalid(
            Text(f"{name} is no picture that can be read.", f"{name} 不是可读取的图片。"),
            Text("PNG, JPEG, WebP, GIF, BMP and TIFF can.", "支持 PNG、JPEG、WebP、GIF、BMP 和 TIFF。"),
        ) from error  # fmt: skip
    made.thumbnail((longest_side, longest_side))
    out = io.BytesIO()
    kind = "PNG" if clear else "JPEG"
    made.save(out, kind, **({} if clear else {"quality": 92}))
    return {
        "type": "image_url",
        "image_url": {"url": f"data:image/{kind.lower()};base64,{base64.b64encode(out.getvalue()).decode()}"},
    }


def _in_srgb(picture: Image.Image) -> Image.Image:
    """Its colours as they look without the profile of a camera or a screen."""
    from PIL import ImageCms

    profile = picture.info.get("icc_profile")
    if not profile:
        return picture
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB")) or picture
    except (ImageCms.PyCMSError, OSError, ValueError, ImportError):  # a broken one, or one of printers' colours
        return picture


def _sound(name: str, content: bytes, _: int) -> dict[str, Any]:
    kind = "wav" if content[:4] == b"RIFF" and content[8:12] == b"WAVE" else ""
    kind = kind or next((ending for start, ending in SOUNDS.items() if content.startswith(start)), "")
    if not kind:
        raise Invalid(
            Text(f"{name} is no recording that can be sent.", f"{name} 不是可发送的录音。"),
            Text("WAV, MP3, Ogg and FLAC can.", "支持 WAV、MP3、Ogg 和 FLAC。"),
        )
    return {"type": "input_audio", "input_audio": {"data": base64.b64encode(content).decode(), "format": kind}}
