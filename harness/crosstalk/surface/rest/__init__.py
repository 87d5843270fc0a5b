"""REST operations as an OpenAPI 3.0 or 3.1 document describes them."""

from crosstalk.surface.rest.surface import RestSurface

__all__ = ["RestSurface"]
