"""Text recognition by the PP-OCR models that RapidOCR's wheel carries. Only a process that reads documents loads it: it takes
half a gigabyte there, and nothing of it reaches the network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from studio.engine.knowledge.picture_text import Picture, Seen

SIDE = 2000  # pixels of a page's longer side; RapidOCR makes larger pictures smaller
SMALL = 960  # pixels of the longer side up to which a picture is made larger
DETECT = 1280  # pixels in which lines are looked for; their words are read from the whole picture
MODELS = {
    "Det": "PP-OCRv6_det_small.onnx",
    "Cls": "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
    "Rec": "PP-OCRv6_rec_small.onnx",
}


class Ocr:
    """Reads pictures of pages, Chinese and English; `told` hears after each page how many of how many are read."""

    def __init__(self, told: Callable[[int, int], None]) -> None:
        self.always = False  # also on pages that have text
        self._told = told
        self._made: Any = None

    def read(self, picture: Any, done: int, of: int) -> Picture:
        """What is to be read in a PIL picture, the `done`th of `of`."""
        import numpy

        scale = max(1.0, min(3.0, SMALL / max(picture.size)))  # in small pictures lines are overlooked
        larger = picture.resize((round(picture.width * scale), round(picture.height * scale)))
        found = self._engine()(numpy.asarray(larger.convert("RGB"))[:, :, ::-1])
        self._told(done, of)
        return Picture(larger.width, larger.height, [] if found.txts is None else _seen(found))

    def _engine(self) -> Any:
        """One thread: a second costs as much again, and another document is read beside this one. Where the models lie is said,
        because RapidOCR would fetch what it does not find."""
        if self._made is None:
            import rapidocr

            folder = Path(rapidocr.__file__).parent / "models"
            runtime = "EngineConfig.onnxruntime"
            self._made = rapidocr.RapidOCR(
                params={
                    "Global.log_level": "error", "Global.max_side_len": SIDE, "Global.use_cls": False,
                    "Det.limit_type": "max", "Det.limit_side_len": DETECT, "Rec.rec_batch_num": 1,
                    f"{runtime}.intra_op_num_threads": 1, f"{runtime}.inter_op_num_threads": 1,
                    **{f"{part}.model_path": str(folder / name) for part, name in MODELS.items()},
                }
            )  # fmt: skip
        return self._made


def _seen(found: Any) -> list[Seen]:
    seen = []
    for box, text, confidence in zip(found.boxes, found.txts, found.scores, strict=True):
        across, down = box[:, 0], box[:, 1]
        edges = (float(across.min()), float(down.min()), float(across.max()), float(down.max()))
        seen.append(Seen(str(text).strip(), *edges, float(confidence)))
    return [one for one in seen if one.text]
