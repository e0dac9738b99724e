"""The routes of messages and the page that describes them."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route, WebSocketRoute

from api.messages import asyncapi, ecg, ecg_live, fhir, gateway
from api.messages.openapi import DESCRIPTION


async def _description(_: Request) -> JSONResponse:
    return JSONResponse(DESCRIPTION)


async def _live_description(_: Request) -> JSONResponse:
    return JSONResponse(asyncapi.DESCRIPTION)


def message_routes() -> list[BaseRoute]:
    """What other systems and gateways send to."""
    return [
        Route(f"{fhir.BASE}/Observation", fhir.observation),
        Route(fhir.BASE, fhir.bundle),
        Route("/v1/gateway/readings", gateway.payloads),
        Route(ecg.PATH, ecg.strip),
        Route("/v1/openapi.json", _description, methods=["GET"]),
        WebSocketRoute(ecg_live.PATH, ecg_live.live),
        Route("/v1/asyncapi.json", _live_description, methods=["GET"]),
    ]
