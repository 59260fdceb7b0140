"""How states and figures of clusters are said."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

from studio.engine.clusters.service import ClusterState
from studio.engine.datasets.dataset import Dataset
from studio.engine.text import Text

HERE = "here"
THIS_COMPUTER = Text("This computer", "本机")
TONES = {"unknown": "neutral", "reachable": "success", "unreachable": "danger", "unauthorised": "warning"}
ICONS = {
    "unknown": "circle-dashed",
    "reachable": "circle-check",
    "unreachable": "circle-x",
    "unauthorised": "key-round",
}


def state_words(cluster: ClusterState) -> Text:
    """“Reachable, 18 ms”, “No answer since 13:41”."""
    since = clock(cluster.since)
    if cluster.state == "reachable":
        return Text(f"Reachable, {cluster.latency_ms:.0f} ms", f"可访问，{cluster.latency_ms:.0f} 毫秒")
    if cluster.state == "unauthorised":
        return Text(f"Key refused since {since}", f"自 {since} 起密钥被拒绝")
    if cluster.state == "unreachable":
        return Text(f"No answer since {since}", f"自 {since} 起无应答")
    return Text("Not checked yet", "尚未检查")


def cannot_be_read(dataset: Dataset) -> bool:
    """A dataset whose file is gone or broken; one that has changed only is read anew."""
    return dataset.status in ("unreachable", "broken")


def host_of(url: str) -> str:
    return urlsplit(url).netloc or url


def clock(moment: float | None) -> str:
    """The 24-hour time, with the date when it was another day."""
    if moment is None:
        return "–"
    then = time.localtime(moment)
    today = time.strftime("%F", then) == time.strftime("%F")
    return time.strftime("%H:%M:%S" if today else "%m-%d %H:%M", then)


def gigabytes(size: float) -> str:
    return f"{size / 1e9:,.1f} GB"
