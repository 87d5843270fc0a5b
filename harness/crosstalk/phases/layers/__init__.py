"""Each layer that keeps users apart, alone: with the others bypassed or taken away.

Five layers that hide each other's faults are one layer with four stories. The database is asked in
SQL as each service, so that no code of the system is in the way; and everything above it is asked
over the wire while row-level security lets everything through, so that the database does not
save it: REST, the tools, resources and threads directly, and the agent with a model that was taken
over. `opened` takes the database's layer away and puts it back.
"""

from crosstalk.phases.layers.phase import IN_SQL, OVER_THE_WIRE, LayersPhase, made_in_sql

__all__ = ["IN_SQL", "OVER_THE_WIRE", "LayersPhase", "made_in_sql"]
