"""Every request to the OpenAI-shaped routes stands in the log that the Models view shows."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute

from studio.api.envelope import engine_of
from studio.api.relay import Relay
from studio.engine.errors import from_unexpected
from studio.engine.models.request_log import ServedRequest


class LoggedRoute(APIRoute):
    """Notes a request when it comes and when it was answered; a relay ends its entry itself."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def logged(request: Request) -> Response:
            log = engine_of(request).models.requests
            entry = request.state.entry = log.begin(request.method, request.url.path)
            try:
                response = await handle(request)
            except Exception as error:
                found = from_unexpected(error)
                log.end(entry, found.status, found.message.en)
                raise
            if not isinstance(response, Relay):
                log.end(entry, response.status_code)
            return response

        return logged


def entry_of(request: Request) -> ServedRequest:
    """The entry of a request that a logged route handles."""
    entry: ServedRequest = request.state.entry
    return entry
