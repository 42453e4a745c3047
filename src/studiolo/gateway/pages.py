"""The small pages a person sees when an instance cannot be shown. They load nothing else."""

from html import escape

_STYLE = """
:root{color-scheme:light dark;--ground:#fafafa;--card:#fff;--ink:#242424;--soft:#616161;
--line:#e0e0e0;--accent:#564bc9}
@media(prefers-color-scheme:dark){:root{--ground:#1f1f1f;--card:#292929;--ink:#fff;--soft:#adadad;
--line:#3d3d3d;--accent:#928aea}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:24px;
background:var(--ground);color:var(--ink);font:16px/1.5 "Segoe UI",system-ui,sans-serif}
main{max-width:34rem;width:100%;background:var(--card);border:1px solid var(--line);
border-radius:8px;padding:32px}
h1{font-size:1.25rem;margin:0 0 8px}
p{margin:0 0 8px;overflow-wrap:anywhere}
small{color:var(--soft)}
a{color:var(--accent)}
.bar{height:3px;border-radius:2px;overflow:hidden;background:var(--line);margin:20px 0 12px}
.bar i{display:block;height:100%;width:30%;background:var(--accent);animation:go 1.4s infinite}
@keyframes go{from{transform:translateX(-100%)}to{transform:translateX(340%)}}
@media(prefers-reduced-motion:reduce){.bar i{animation:none;width:100%}}
"""

PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""Content-Security-Policy of these pages; who may frame them is added where they are sent."""


def page(
    title: str,
    message: str,
    *,
    refresh: int | None = None,
    on_its_way: bool = False,
    studio: str = "",
    script: str = "",
) -> str:
    """A page with a heading and a sentence, as HTML.

    :param refresh: seconds until the browser tries again by itself.
    :param on_its_way: whether waiting is enough; shown by a bar.
    :param studio: where "Open the studio" leads; no link where empty.
    :param script: JavaScript that runs when all else is there; what it holds must not end it.
    """
    again = f'<meta http-equiv="refresh" content="{refresh}">' if refresh else ""
    bar = '<div class="bar"><i></i></div>' if on_its_way else ""
    note = "<p><small>This page tries again by itself.</small></p>" if refresh else ""
    link = f'<p><a href="{escape(studio)}" target="_top">Open the studio</a></p>' if studio else ""
    last = f"<script>{script}</script>" if script else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"{again}<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{escape(title)}</h1><p>{escape(message)}</p>{bar}{note}{link}</main>{last}</body></html>"
    )
