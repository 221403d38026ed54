"""Live widgets for notebooks; each is loaded, with ipywidgets, when it is first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tcpcourse.widgets.browser import CaptureBrowser
    from tcpcourse.widgets.calculator import Calculator
    from tcpcourse.widgets.playground import Playground
    from tcpcourse.widgets.predictor import Predictor

__all__ = ["Calculator", "CaptureBrowser", "Playground", "Predictor"]

_PLACES = {
    "Calculator": "calculator",
    "CaptureBrowser": "browser",
    "Playground": "playground",
    "Predictor": "predictor",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'tcpcourse.widgets' has no attribute {name!r}")
    value = getattr(import_module(f"tcpcourse.widgets.{_PLACES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
