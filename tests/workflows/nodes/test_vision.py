from __future__ import annotations

import base64
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms

from studio.engine.errors import BadParameter, Forbidden, Invalid, Unavailable
from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.media import parts_of
from studio.engine.workflows.node import Result
from studio.engine.workflows.nodes.llm import LlmParams, llm
from studio.engine.workflows.nodes.vision import VisionParams, vision
from tests.contracts.node_contract import NodeContract
from tests.models.conftest import events, make_models, models, paths, settings
from tests.workflows.conftest import rooms
from tests.workflows.nodes.objects import bucket
from tests.workflows.nodes.sense_server import senses

__all__ = ["bucket", "events", "make_models", "models", "paths", "rooms", "settings"]


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30)) -> bytes:
    content = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    Image.new("RGB", size, "red").save(content, kind, exif=exif)
    return content.getvalue()


@pytest.fixture
async def seeing(models: Any) -> AsyncIterator[Any]:
    """The real models room with a server of somebody else's."""
    with senses() as address:
        for name in ("seeing", "blind"):
            await models.add_remote(name, f"{address}/v1", model=name)
        yield models


async def said(context: Context, params: VisionParams, image: Any, question: str = "") -> str:
    pieces = [piece async for piece in vision(image, context, params, question)]
    last = pieces.pop()
    assert isinstance(last, Result) and "".join(pieces) == last.value.text and len(pieces) > 1
    return str(last.value.text)


class TestVision(NodeContract):
    name = "vision"

    async def test_a_model_that_sees_is_sent_the_pictures_and_its_answer_streams(
        self, seeing: Any, bucket: Any
    ) -> None:
        await bucket.put("s3://in/scans/a.jpg", picture("JPEG", (3_000, 1_500)))
        await bucket.put("s3://in/scans/notes.txt", b"no picture")
        context = Context(services=Services(models=seeing, objects=bucket))
        params = VisionParams(model="seeing", instruction="Read it.", longest_side=600)
        data = f"data:image/png;base64,{base64.b64encode(picture()).decode()}"
        assert await said(context, params, ["s3://in/scans", data], "Which pump?") == (
            "“Read it.”; jpeg 600x300 red exif=0; jpeg 40x30 red exif=0"
        )

    async def test_a_file_is_looked_at_only_where_the_run_was_given_it(self, seeing: Any, tmp_path: Path) -> None:
        file = tmp_path / "a.png"
        file.write_bytes(picture())
        params = VisionParams(model="seeing", instruction="Read it.")
        with pytest.raises(Forbidden, match="not given"):
            await said(Context(services=Services(models=seeing)), params, str(file))
        given = Context(services=Services(models=seeing), inputs={"picture": str(file)})
        assert "40x30 red" in await said(given, params, str(file))

    async def test_the_pictures_of_a_folder_that_the_run_was_given_are_looked_at_and_nothing_else(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "a.webp").write_bytes(picture("WEBP"))
        (tmp_path / "paper.pdf").write_bytes(b"%PDF-1.7")
        given = Context(services=Services(), inputs={"pictures": str(tmp_path)})
        assert len(await parts_of(str(tmp_path), "image", given)) == 1

    async def test_of_a_folder_with_too_many_pictures_none_is_read(self, bucket: Any) -> None:
        for number in range(34):
            await bucket.put(f"s3://in/{number}.png", b"nothing that is read")
        with pytest.raises(BadParameter, match="More than 32 pictures"):
            await parts_of("s3://in", "image", Context(services=Services(objects=bucket)))

    @pytest.mark.parametrize("kind", ["JPEG", "PNG"])
    async def test_nothing_but_the_pixels_of_a_picture_goes_along(self, kind: str) -> None:
        content, profile = io.BytesIO(), ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        seen_through = Image.new("RGB" if kind == "JPEG" else "RGBA", (8, 8), "red")
        seen_through.save(content, kind, icc_profile=profile, **({"comment": b"at home"} if kind == "JPEG" else {}))
        data = f"data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}"
        [part] = await parts_of(data, "image", Context(services=Services()))
        sent = base64.b64decode(part["image_url"]["url"].partition(",")[2])
        with Image.open(io.BytesIO(sent)) as opened:
            assert not {"comment", "icc_profile", "exif"} & opened.info.keys()
            assert opened.convert("RGB").getpixel((4, 4))[0] > 250  # type: ignore[index]

    async def test_a_model_that_sees_none_says_how_to_get_one(self, seeing: Any) -> None:
        context = Context(services=Services(models=seeing))
        data = f"data:image/png;base64,{base64.b64encode(picture()).decode()}"
        with pytest.raises(Unavailable, match="takes no pictures") as raised:
            await said(context, VisionParams(model="blind"), data)
        assert raised.value.fix is not None and raised.value.fix.kind == "model"
        assert "add a server" in raised.value.whole().en and "mmproj" in raised.value.details

    async def test_what_is_no_picture_is_named_before_a_model_is_asked(self, bucket: Any) -> None:
        await bucket.put("s3://in/a.png", b"<svg onload=alert(1)>")
        context = Context(services=Services(objects=bucket))
        with pytest.raises(Invalid, match="a.png is no picture"):  # noqa: RUF043
            await said(context, VisionParams(), "s3://in/a.png")
        with pytest.raises(BadParameter, match="No picture came in"):
            await said(context, VisionParams(), "")

    async def test_a_language_model_takes_pictures_too_where_it_sees(self, seeing: Any) -> None:
        context = Context(services=Services(models=seeing))
        data = f"data:image/png;base64,{base64.b64encode(picture()).decode()}"
        *_, last = [
            piece async for piece in llm("Which?", context, LlmParams(model="seeing", pictures=True), pictures=data)
        ]
        assert last.value.text == "“Which?”; jpeg 40x30 red exif=0"  # type: ignore[union-attr]
        for answer in ("text", "json", "schema"):
            params = LlmParams(model="blind", pictures=True, answer=answer)  # type: ignore[arg-type]
            with pytest.raises(Unavailable, match="takes no pictures"):
                [piece async for piece in llm("?", context, params, pictures=data)]
