"""The list of recognised forms and the choice among them: the form that understands most of the header wins."""

from collections.abc import Sequence

from tools.audit.forms import (
    anthropic,
    aws,
    azure,
    cursor,
    data_platforms,
    focus,
    gateways,
    gcp,
    kubernetes,
    openai,
    oracle,
    tracing,
)
from tools.audit.forms.form import Form, names_of

ALL: tuple[Form, ...] = (
    *focus.FORMS,
    *aws.FORMS,
    *azure.FORMS,
    *gcp.FORMS,
    *oracle.FORMS,
    *openai.FORMS,
    *anthropic.FORMS,
    *gateways.FORMS,
    *tracing.FORMS,
    *cursor.FORMS,
    *kubernetes.FORMS,
    *data_platforms.FORMS,
)


def recognise(header: Sequence[str]) -> tuple[Form | None, int]:
    """The best matching form and its score; (None, 0) where no form's signature is in the header."""
    keys = frozenset(found for name in header for found in names_of(name))
    scored = [(form.matches(keys), form) for form in ALL if not form.variant_of]
    score, form = max(scored, key=lambda item: item[0])
    return (form, score) if score else (None, 0)


def variant(form: Form, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Form:
    """The variant of a form that has the same header and is known by its rows only, else the form itself."""
    return next((other for other in ALL if other.variant_of == form.id and other.marked(header, rows)), form)
