"""Blocking file work beside the event loop, in threads of its own.

A share may lie on a disk that hangs, and a tree takes a while to delete: password hashing and the
like, which share asyncio's few threads, must not wait for that.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_THREADS = ThreadPoolExecutor(16, thread_name_prefix="files")


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `work` in a thread and wait for its end, also when the caller is cancelled.

    So whoever closes a descriptor afterwards knows that no thread uses it any more.
    """
    running = asyncio.get_running_loop().run_in_executor(_THREADS, partial(work, *args, **kwargs))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise
