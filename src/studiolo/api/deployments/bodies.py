"""The body of a deployment, strict in what it means and lenient in one way of spelling it."""

import re
from typing import Any

from fastapi import Request
from starlette.types import Message

from studiolo.api.arm.bodies import ArmModel, BodyReader, parse, read_json
from studiolo.domain.errors import InvalidInput

_BARE_KEY = re.compile(r"([,{]\s*)template(\s*:)")
"""`az deployment` sends `{"mode": "Incremental", template:{...}}`: it puts the template's own text
into the body without quoting the key."""

_MOST_TRIES = 8


class DeploymentProperties(ArmModel):
    """`properties` of a deployment."""

    template: dict[str, Any] | None = None
    template_link: Any = None
    parameters: dict[str, Any] | None = None
    parameters_link: Any = None
    mode: str = "Incremental"
    debug_setting: Any = None
    on_error_deployment: Any = None
    expression_evaluation_options: Any = None
    what_if_settings: Any = None
    validation_level: Any = None


class DeploymentBody(ArmModel):
    """PUT, validate and whatIf."""

    properties: DeploymentProperties
    location: None = None
    tags: dict[str, Any] | None = None


class DeploymentReader(BodyReader):
    """FastAPI dependency: reads the body and refuses what is not done."""

    def __init__(self) -> None:
        super().__init__(DeploymentBody)

    async def __call__(self, request: Request) -> DeploymentBody:
        """The body.

        :raises InvalidInput: the body is not one, or asks for a linked template, another mode than
            Incremental, or a roll-back.
        """
        body = parse(DeploymentBody, await _read(request))
        _refuse(body.properties)
        return body


def _refuse(properties: DeploymentProperties) -> None:
    if properties.template is None:
        raise InvalidInput(
            "'properties.template' is required; links to templates are not supported.",
            code="InvalidRequestContent",
            target="properties.template",
        )
    refused = {
        "templateLink": properties.template_link,
        "parametersLink": properties.parameters_link,
        "onErrorDeployment": properties.on_error_deployment,
    }
    for name, value in refused.items():
        if value:
            raise InvalidInput(
                f"'properties.{name}' is not supported.", target=f"properties.{name}"
            )
    if properties.mode.lower() != "incremental":
        raise InvalidInput(
            f"The mode '{properties.mode[:40]}' is not supported: say 'Incremental'. Nothing is "
            "ever deleted by a deployment.",
            target="properties.mode",
        )


async def _read(request: Request) -> Any:
    try:
        return await read_json(request)
    except InvalidInput as wrong:
        text = (await request.body()).decode("utf-8", errors="replace")
        for match in list(_BARE_KEY.finditer(text))[:_MOST_TRIES]:
            quoted = f'{text[: match.start()]}{match[1]}"template"{match[2]}{text[match.end() :]}'
            try:
                return await read_json(_with_body(request, quoted.encode()))
            except InvalidInput:
                continue
        raise wrong from None


def _with_body(request: Request, body: bytes) -> Request:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(request.scope, receive)
