"""GraphQL: the fields of a schema's roots as operations, found by introspection."""

from crosstalk.surface.graphql.operations import graphql_operations

__all__ = ["graphql_operations"]
