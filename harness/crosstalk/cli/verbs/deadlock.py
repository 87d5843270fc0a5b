"""`crosstalk deadlock`: the predicted boundary of each topology, and the cycle of its stall."""

from __future__ import annotations

from typing import Annotated

import typer

from crosstalk.cli.machine import print_file
from crosstalk.cli.options import AsJson
from crosstalk.core.exit_codes import ExitCode
from crosstalk.report.run_folder import open_run
from crosstalk.report.tables import columns, print_table
from crosstalk.report.terminal import make_console


def deadlock(
    pool: Annotated[int, typer.Option(min=1, help="Connections of a service's pool.")] = 15,
    workers: Annotated[int, typer.Option(min=1, help="Worker threads of a service.")] = 40,
    as_json: AsJson = False,
) -> int:
    """Say from how many concurrent requests on each topology can stall, and why."""
    from crosstalk.deadlock.cycle import find_cycle, sentence
    from crosstalk.deadlock.search import predict
    from crosstalk.deadlock.topologies import Sizes, topologies
    from crosstalk.report.cycle_drawing import mermaid, svg

    console = make_console(errors=as_json)
    folder = open_run("deadlock")
    rows = []
    summary = []
    for name, topology in topologies(Sizes(pool=pool, workers=workers)).items():
        prediction = predict(topology)
        cycle = find_cycle(prediction.stall) if prediction.stall else ()
        because = sentence(cycle) or "no cycle, whatever the number of requests"
        rows.append((name, str(prediction.boundary or "never"), because))
        if cycle:
            folder.write(f"{name}.svg", svg(cycle, f"{name}: {because}"))
            folder.write(f"{name}.mmd", mermaid(cycle))
        summary.append(
            {
                "name": name,
                "summary": topology.summary,
                "predicted": prediction.boundary,
                "cycle": sentence(cycle) or None,
                "states": prediction.states,
            }
        )
    path = folder.write_summary({"pool": pool, "workers": workers, "topologies": summary})
    heads = columns("topology", "stalls at", "because")
    print_table(console, "Requests at once from which a topology can stall", heads, rows)
    console.print(f"drawings and summary.json: {folder.path}", markup=False, soft_wrap=True)
    if as_json:
        print_file(path)
    return ExitCode.CLEAN
