"""Answers over HTTP that are none of Kraken's: a page of what stands before it, silence, a cut."""

import asyncio

from aiohttp import web

_LOOK_S = 0.02

_PAGE = """<!DOCTYPE html>
<html lang="en-US"><head><title>{status} | Kraken</title></head>
<body><div id="cf-wrapper"><h1>Error {status}</h1><p>{reason}</p>
<p>Cloudflare Ray ID: 8f2d0c6e9b1a4c37 &bull; "{{not}}": [JSON]</p></div></body></html>
"""


def page(status: int) -> web.Response:
    """What stands before Kraken answers when Kraken does not."""
    response = web.Response(status=status, content_type="text/html")
    # A client that goes on as if it were upgraded is not to be taken for HTTP.
    response.force_close()
    response.text = _PAGE.format(status=status, reason=response.reason)
    return response


async def silence(request: web.Request, seconds: float) -> web.Response:
    """Nothing until the client has left, and no longer than that; then the end."""
    for _ in range(int(seconds / _LOOK_S)):
        if request.transport is None or request.transport.is_closing():
            break
        await asyncio.sleep(_LOOK_S)
    return cut(request)


def cut(request: web.Request) -> web.Response:
    """The end, without another word."""
    if request.transport:
        request.transport.abort()
    return web.Response()
