"""What a child process of the press does first. Imports nothing of ours before Django is set up."""

from __future__ import annotations

import os
import signal


def begin() -> None:
    """Set Django up (the rooms' words and models), and leave Ctrl+C to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tabiji.runtime.settings")
    import django

    django.setup()
