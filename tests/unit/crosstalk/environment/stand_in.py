"""A small stand-in for the `system` package, so that starting and ending is tested quickly."""

from __future__ import annotations

from pathlib import Path

_SERVER = """
import http.server, json, os, signal, sys, time

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps(dict(os.environ)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        return None

def end(*_):
    time.sleep(float(os.environ.get("SLOW_END", "0")))
    sys.exit(0)

signal.signal(signal.SIGTERM, end)
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT_SETTING"])), Handler).serve_forever()
"""


def write_stand_in(folder: Path, **replaced: str) -> Path:
    """Make a `system` package whose services answer 200 with their environment.

    Args:
        folder: Where.
        replaced: `store`, `mcp` or `backend` to the code that it runs instead.

    Returns:
        The folder, as a `system_root`.
    """
    code = {
        "store": "",
        "mcp": _SERVER.replace("PORT_SETTING", "MCP_PORT"),
        "backend": _SERVER.replace("PORT_SETTING", "BACKEND_PORT"),
        **replaced,
    }
    for name, text in code.items():
        package = folder / "system" / name
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "__main__.py").write_text(text)
    (folder / "system" / "__init__.py").touch()
    return folder
