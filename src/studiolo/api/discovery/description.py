"""`GET /openapi.json`: what there is to ask for, and what is answered."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Request, Response

from studiolo.api.identity.callers import Caller, caller_of
from studiolo.api.schema.document import as_text, document

router = APIRouter()


@router.get("/openapi.json", include_in_schema=False)
async def description(_caller: Annotated[Caller, Depends(caller_of)], request: Request) -> Response:
    """The OpenAPI description of this application, made when it is first asked for."""
    return Response(await asyncio.to_thread(_text_of, request.app), media_type="application/json")


def _text_of(app: FastAPI) -> str:
    if (known := getattr(app.state, "description", None)) is None:
        known = app.state.description = as_text(document(app.routes))
    text: str = known
    return text
