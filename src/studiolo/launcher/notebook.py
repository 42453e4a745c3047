"""The demonstration's notebook: a model that is fitted, a figure, and what came of both."""

import base64
import uuid
from typing import Any

from studiolo.client.errors import ClientError
from studiolo.client.jupyter import Kernel

Json = dict[str, Any]

_FIT = """\
import time

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

digits = load_digits()
X_train, X_test, y_train, y_test = train_test_split(
    digits.data / 16, digits.target, test_size=0.25, random_state=0
)
began = time.perf_counter()
model = LogisticRegression(max_iter=500).fit(X_train, y_train)
accuracy = model.score(X_test, y_test)
print(f"fitted {len(X_train)} digits in {time.perf_counter() - began:.2f} s")
print(f"accuracy {accuracy:.3f}")
"""

_PLOT = """\
%matplotlib inline
import matplotlib.pyplot as plt

guesses = model.predict(X_test)
figure, axes = plt.subplots(2, 6, figsize=(7, 2.6))
for axis, image, guess in zip(axes.flat, X_test, guesses):
    axis.imshow(image.reshape(8, 8), cmap="gray_r")
    axis.set_title(f"{guess}")
    axis.axis("off")
figure.tight_layout()
plt.show()
"""

_CHECK = """\
assert accuracy > 0.9, accuracy
float(accuracy)
"""

_TITLE = """\
# A first notebook
Handwritten digits, told apart by a logistic regression. It was run by `studiolo demo`.
"""

_PNG = b"\x89PNG\r\n\x1a\n"


def new_notebook() -> Json:
    """The notebook before it is run, as nbformat 4.5."""
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
        },
        "cells": [_markdown(_TITLE), *(_code(source) for source in (_FIT, _PLOT, _CHECK))],
    }


def _markdown(source: str) -> Json:
    return {"cell_type": "markdown", "id": _cell_id(), "metadata": {}, "source": source}


def _code(source: str) -> Json:
    return {
        "cell_type": "code",
        "id": _cell_id(),
        "metadata": {},
        "source": source,
        "execution_count": None,
        "outputs": [],
    }


def _cell_id() -> str:
    return uuid.uuid4().hex[:8]


def run(notebook: Json, kernel: Kernel) -> None:
    """Run every cell in order and keep its outputs in the notebook.

    :raises ClientError: a cell raised, or the kernel went away.
    """
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for count, cell in enumerate(code, start=1):
        cell["outputs"] = kernel.run(cell["source"])
        cell["execution_count"] = count


def accuracy(notebook: Json) -> float:
    """What the model reached, as the notebook's last output says.

    :raises ClientError: the notebook has no such output, or no figure.
    """
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    figures = [o["data"]["image/png"] for o in outputs if "image/png" in o.get("data", {})]
    results = [o["data"]["text/plain"] for o in outputs if o["output_type"] == "execute_result"]
    if not figures or not base64.b64decode(figures[0]).startswith(_PNG):
        raise ClientError("The notebook has no figure.", code="NoFigure")
    if not results:
        raise ClientError("The notebook has no result.", code="NoResult")
    return float("".join(results[-1]))
