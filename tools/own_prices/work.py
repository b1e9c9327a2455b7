"""Work of `read_prices`: parses the files and hands their prices on under the key `prices`.

Applies no price, and judges none beyond what the form of the file asks.
"""

from pathlib import Path

from knowledge.own_price_file import read_own_prices
from knowledge.own_prices import NONE
from knowledge.ranges import Range
from knowledge.source import Tier
from tools.contracts.evidence import Evidence, SourceRef
from tools.contracts.tool import Statement, ToolContext, ToolResult
from tools.own_prices.tool import ReadPrices


def run(args: ReadPrices, context: ToolContext) -> ToolResult:
    """The prices of all files; one file with a flaw refuses all, so that nothing is used by half.

    Raises UserError `price-file-missing`, `price-file-too-large`, `price-file-invalid`.
    """
    found = NONE
    records: list[Evidence] = []
    for name in args.file:
        context.progress("reading your prices", len(records), len(args.file))
        path = Path(name)
        of_file = read_own_prices(path)
        records.append(
            Evidence.record(
                tier=Tier.STATED,
                claim=f"Prices in your file {path.name}",
                value=Range.exact(float(len(of_file.machines) + len(of_file.tokens))),
                method="one for each machine, accelerator or model that the file names",
                source=SourceRef(ref=path.name),
                inputs={"kind": "own prices", "entries": [entry.source.ref for entry in (*of_file.machines, *of_file.tokens)][:50]},
            )
        )
        found = of_file.over(found)
    places = [f"{{count{number}}} from {{file{number}}}" for number in range(len(records))]
    said = Statement(
        text=f"Your own prices are used: {', '.join(places)}; they win over list prices in this conversation.",
        figures={f"count{number}": record.id for number, record in enumerate(records)},
        names={f"file{number}": Path(name).name for number, name in enumerate(args.file)},
    )
    return ToolResult(
        result={"prices": found.model_dump(mode="json"), "files": list(found.files)}, evidence=tuple(records), statements=(said,)
    )
