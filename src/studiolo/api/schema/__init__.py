"""What the API answers, as models, and the OpenAPI description made of them.

How a route is described, all of it in its decorator::

    @router.get(SHELF_PATH, responses=gives(ShelfList), openapi_extra=asks("$filter", "..."))
    @router.put(SHELF_PATH, responses=gives(Shelf, 200, 201))
    @router.delete(SHELF_PATH, responses=begins(202) | empty(204))

* Its answers are subclasses of :class:`~studiolo.api.schema.base.Answer`, closed and exact, in a
  module of this package named after the resource (or beside the route, where only that knows
  them). They describe: a reply is rendered as before, and not validated again. The tests hold every
  reply they get against the model of its route and status (`tests/support/described.py`).
* `gives(Model, 200, 201)`, `empty(204)`, `begins(202)`, `text()` say what comes with which status.
  Errors are not listed: every route's `default` is ARM's envelope.
* The body is found where it is read, by its `json_body(Model)`; `$top` and `$skipToken` by
  `requested_page`; `api-version` by what checks the caller's right. Parameters that a route takes
  from the request itself are named by `asks`, preconditions by `GUARDED`.
* The operation is called like the function, in camelCase. Two routes may not be called the same:
  give one of them `name="..."`.
* A route that is no part of the API (a page, a refusal by name) has `include_in_schema=False`.

`base` what all models share · `arm` the dialect's common shapes · `saying` the helpers above ·
`document` the description · one module per resource.
"""
