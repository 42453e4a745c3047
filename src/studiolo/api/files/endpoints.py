"""Routes of a workspace's files: `{workspace}/files`, `files/content`, `files/directory`,
`files/move`.
"""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse

from studiolo.api.arm import etag
from studiolo.api.arm.bodies import json_body
from studiolo.api.arm.paging import next_link, not_ours, page_of
from studiolo.api.computes.lookup import WORKSPACE_PATH, WorkspaceNamed, workspace_scope
from studiolo.api.deps import Provided, authorized
from studiolo.api.files.downloads import download
from studiolo.api.files.incoming import Incoming
from studiolo.api.files.schemas import MoveBody, render
from studiolo.api.files.service import DELETE, READ, WRITE, FileService
from studiolo.api.schema.files import FileEntry, FileList
from studiolo.api.schema.saying import GUARDED, PRECONDITIONS, Responses, asks, empty, gives
from studiolo.domain.resources import Principal
from studiolo.files.entries import Entry, Place
from studiolo.files.paths import share_path
from studiolo.files.uploads import Check

FILES_PATH = f"{WORKSPACE_PATH}/files"
USUAL_TOP = 1000
MAX_TOP = 10_000

router = APIRouter(tags=["files"])

Reader = Annotated[Principal, Depends(authorized(READ, workspace_scope))]
Writer = Annotated[Principal, Depends(authorized(WRITE, workspace_scope))]
Deleter = Annotated[Principal, Depends(authorized(DELETE, workspace_scope))]

_BYTES = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_READ: Responses = {200: {"content": _BYTES}, 206: {"content": _BYTES}, **empty(304)}
_PAGED = {
    "parameters": [
        *asks("$top", f"From 1 to {MAX_TOP}; {USUAL_TOP} if not said.")["parameters"],
        *asks("$skipToken", "Where to go on: it stands in `nextLink`.")["parameters"],
    ]
}
_SENT = {"parameters": PRECONDITIONS, "requestBody": {"required": True, "content": _BYTES}}


@router.get(FILES_PATH, responses=gives(FileList), openapi_extra=_PAGED)
async def list_files(
    _caller: Reader,
    request: Request,
    services: Provided,
    named: WorkspaceNamed,
    path: Annotated[str, Query()] = "",
) -> Response:
    """A folder: folders first, then by name. The share itself where no path is said."""
    folder = share_path(path)
    name = f"{request.url.path}?{folder}"
    page = page_of(request, name, usual=USUAL_TOP, most=MAX_TOP)
    files = await (await FileService.of(services, named)).files()
    after = None if page.after is None else _place(page.after)
    found = await files.list(folder, after=after, top=page.top, now=services.clock())
    body: dict[str, Any] = {"value": [render(each) for each in found.entries]}
    if found.following is not None:
        body["nextLink"] = next_link(request, services.settings, name, _key(found.following))
    return JSONResponse(body)


def _key(place: Place) -> str:
    """A place in a list as its skip token has it; the name may be no text."""
    return f"{place.rank}{place.raw.hex()}"


def _place(key: str) -> Place:
    try:
        return Place(int(key[:1]), bytes.fromhex(key[1:]))
    except ValueError:
        raise not_ours() from None


@router.get(
    f"{FILES_PATH}/content",
    response_class=Response,
    responses=_READ,
    openapi_extra=asks("Range", "A part, as `bytes=0-99`.", where="header"),
)
async def get_file_content(
    _caller: Reader, request: Request, services: Provided, named: WorkspaceNamed, path: str
) -> Response:
    """The bytes of a file, or a range of them."""
    files = await (await FileService.of(services, named)).files()
    return download(request, await files.open(share_path(path)))


@router.put(f"{FILES_PATH}/content", responses=gives(FileEntry, 200, 201), openapi_extra=_SENT)
async def put_file_content(
    _caller: Writer, request: Request, services: Provided, named: WorkspaceNamed, path: str
) -> Response:
    """Make a file of the body, or replace one by it: whole or not at all."""
    body, check = Incoming(request), _check(request)
    async with body.heard():
        wanted = share_path(path)
        service = await FileService.of(services, named)
        files = await service.files()
        now, size = services.clock(), _size(request)
        async with files.upload(wanted, check, size=size, now=now) as upload:
            async for piece in body.pieces():
                await upload.write(piece)
            await service.require_living()
            entry, new = await upload.commit(check)
    return _reply(entry, new=new)


@router.put(f"{FILES_PATH}/directory", responses=gives(FileEntry, 200, 201))
async def put_directory(
    _caller: Writer, services: Provided, named: WorkspaceNamed, path: str
) -> Response:
    """Make a folder, and those above it."""
    wanted = share_path(path)
    files = await (await FileService.of(services, named)).files()
    entry, new = await files.make_folder(wanted)
    return _reply(entry, new=new)


@router.post(f"{FILES_PATH}/move", responses=gives(FileEntry))
async def move_file(
    _caller: Writer,
    body: Annotated[MoveBody, Depends(json_body(MoveBody))],
    services: Provided,
    named: WorkspaceNamed,
) -> Response:
    """Give a file or folder another name or place; nothing is replaced."""
    source = share_path(body.source, target="from")
    target = share_path(body.target, target="to")
    files = await (await FileService.of(services, named)).files()
    return _reply(await files.move(source, target), new=False)


@router.delete(
    FILES_PATH, response_class=Response, responses=empty(200, 204), openapi_extra=GUARDED
)
async def delete_file(
    caller: Deleter,
    request: Request,
    services: Provided,
    named: WorkspaceNamed,
    path: str,
    *,
    recursive: bool = False,
) -> Response:
    """Delete a file, or a folder; with everything in it only where `recursive` is true."""
    wanted = share_path(path)
    service = await FileService.of(services, named)
    files = await service.files()
    check = _check(request)
    if recursive and await files.is_removable_folder(wanted):
        check(None)
        await service.note_deletion(request, caller, wanted)
    gone = await files.remove(wanted, check, recursive=recursive)
    return Response(status_code=200 if gone else 204)


def _size(request: Request) -> int | None:
    length = request.headers.get("content-length")
    return None if length is None else int(length)


def _check(request: Request) -> Check:
    return partial(etag.check, request)


def _reply(entry: Entry, *, new: bool) -> Response:
    headers = {} if entry.etag is None else {"ETag": etag.quoted(entry.etag)}
    return JSONResponse(render(entry), 201 if new else 200, headers)
