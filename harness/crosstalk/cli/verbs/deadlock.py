"""`crosstalk deadlock`: the predicted boundary of each topology, and the cycle of its stall."""

from __future__ import annotations

from rich.table import Table

from crosstalk.deadlock.cycle import find_cycle, sentence
from crosstalk.deadlock.search import predict
from crosstalk.deadlock.topologies import Sizes, topologies
from crosstalk.report.cycle_drawing import mermaid, svg
from crosstalk.report.run_folder import open_run
from crosstalk.report.terminal import make_console


def run(*, pool: int, workers: int) -> int:
    """Print the boundary of each topology and its cycle, and draw the cycles."""
    console = make_console()
    folder = open_run("deadlock")
    table = Table(title="Requests at once from which a topology can stall", title_justify="left")
    table.add_column("topology", no_wrap=True)
    table.add_column("stalls at", justify="right", no_wrap=True)
    table.add_column("because")
    summary = []
    for name, topology in topologies(Sizes(pool=pool, workers=workers)).items():
        prediction = predict(topology)
        cycle = find_cycle(prediction.stall) if prediction.stall else ()
        because = sentence(cycle) or "no cycle, whatever the number of requests"
        table.add_row(name, str(prediction.boundary or "never"), because)
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
    folder.write_summary({"pool": pool, "workers": workers, "topologies": summary})
    console.print(table)
    console.print(f"drawings and summary.json: {folder.path}", markup=False, soft_wrap=True)
    return 0
