"""What the catalogue has, explained: in words, in numbers with sources, in pictures."""

from experiments.show.charts import (
    chart_of,
    of_words,
    post_words,
    start_words,
)
from experiments.show.describe import (
    Description,
)
from experiments.show.describe_measure import (
    change_in_words,
)
from experiments.show.describe_procedure import (
    evidence_words,
)
from experiments.show.find import (
    entries,
)
from experiments.show.pictures import (
    write,
)
from experiments.show.shown import (
    show,
)
from experiments.show.text import (
    print_description,
)

__all__ = [
    "Description",
    "change_in_words",
    "chart_of",
    "entries",
    "evidence_words",
    "of_words",
    "post_words",
    "print_description",
    "show",
    "start_words",
    "write",
]
