"""The ASGI application: middleware, error rendering, routers."""

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute

from studiolo.api.arm import envelope
from studiolo.api.arm.bodies import BodyLimit
from studiolo.api.arm.context import Context
from studiolo.api.arm.paths import Paths
from studiolo.api.files.limits import upload_limit
from studiolo.api.identity import unknown
from studiolo.api.services import Services


def create_app(services: Services, routers: Sequence[APIRouter]) -> FastAPI:
    """Build the public application.

    Redirects on a final slash are off: `paths` drops it, and a redirect would lose a body.

    :param routers: in order of precedence; each ARM route carries its action.
    """
    app = FastAPI(
        title="Studiolo", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False
    )
    app.state.services = services
    envelope.install(app)
    unknown.install(app)
    for router in routers:
        app.include_router(router)

    def routes() -> Sequence[BaseRoute]:
        return app.routes

    # Added last is outermost: ids and logging, then size, then what a path may look like.
    app.add_middleware(Paths, routes=routes)
    app.add_middleware(BodyLimit, limit_of=upload_limit(services.settings))
    app.add_middleware(Context)
    return app
