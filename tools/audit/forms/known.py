"""The list of recognised forms and the choice among them: the form that understands most of the header wins."""

from collections.abc import Sequence

from tools.audit.forms import aws, azure, focus, gcp, kubernetes, model_apis
from tools.audit.forms.form import Form
from tools.audit.reading.header import key

ALL: tuple[Form, ...] = (*focus.FORMS, *aws.FORMS, *azure.FORMS, *gcp.FORMS, *model_apis.FORMS, *kubernetes.FORMS)


def recognise(header: Sequence[str]) -> tuple[Form | None, int]:
    """The best matching form and its score; (None, 0) where no form's signature is in the header."""
    keys = frozenset(key(name) for name in header if key(name))
    scored = [(form.matches(keys), form) for form in ALL]
    score, form = max(scored, key=lambda item: item[0])
    return (form, score) if score else (None, 0)
