"""`python -m system.backend` serves the API."""

from __future__ import annotations

from system.backend.settings import BackendSettings
from system.loading import loading
from system.wire.logs import configure_logging
from system.wire.serve import read_settings, serve


def main() -> None:
    """Read the environment and serve until the process is ended."""
    settings = read_settings(BackendSettings)
    configure_logging("backend", settings.log_level)
    # Here and not above: the SDKs read variables of their own when they are imported.
    with loading():
        from system.backend.app import create_app

    serve(
        lambda: create_app(settings),
        settings,
        host=settings.backend_host,
        port=settings.backend_port,
        name="backend",
        port_setting="BACKEND_PORT",
    )


if __name__ == "__main__":
    main()
