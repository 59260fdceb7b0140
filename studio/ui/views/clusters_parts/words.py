"""How states and figures of clusters are said."""

from __future__ import annotations

from urllib.parse import urlsplit

from studio.engine.clusters.service import ClusterState
from studio.engine.datasets.dataset import Dataset
from studio.engine.text import Text
from studio.ui import when

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
    since = when.moment(cluster.since, seconds=True, inside=True)
    if cluster.state == "reachable":
        return Text(f"Reachable, {cluster.latency_ms:.0f} ms", f"可访问，{cluster.latency_ms:.0f} 毫秒")
    if cluster.state == "unauthorised":
        return Text(f"Key refused since {since.en}", f"自 {since.zh} 起密钥被拒绝")
    if cluster.state == "unreachable":
        return Text(f"No answer since {since.en}", f"自 {since.zh} 起无应答")
    return Text("Not checked yet", "尚未检查")


def cannot_be_read(dataset: Dataset) -> bool:
    """A dataset whose file is gone or broken; one that has changed only is read anew."""
    return dataset.status in ("unreachable", "broken")


def host_of(url: str) -> str:
    return urlsplit(url).netloc or url


def gigabytes(size: float) -> str:
    return f"{size / 1e9:,.1f} GB"
