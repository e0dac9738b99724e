"""Moving the clock: nothing waits."""

from datetime import datetime

import pytest

from adapters.runtime import Runtime


def set_clock(monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
    """Let it be `at` for every request and job from now on."""
    monkeypatch.setattr(Runtime, "now", lambda _: at)
