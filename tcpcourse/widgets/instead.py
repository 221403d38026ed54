"""What a widget leaves in its output, for pages and decks in which there is no Python."""

from __future__ import annotations

from typing import Any

import ipywidgets as ipw

from tcpcourse.views.page import STORY


class StoryWidget(ipw.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """A widget that leaves its story when its notebook is executed."""

    def story(self) -> dict[str, str]:
        """What is shown in its place: ``html``, a playground's ``script``, or nothing."""
        return {}

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        data: dict[str, Any] = super()._repr_mimebundle_(**options)
        return {**data, STORY: {"widget": type(self).__name__, **self.story()}}
