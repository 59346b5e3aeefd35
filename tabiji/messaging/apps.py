from django.apps import AppConfig


class Config(AppConfig):
    name = "tabiji.messaging"
    label = "messaging"

    def ready(self) -> None:
        # These register their consumers, loops, inlets and audience sources.
        from tabiji.messaging import auto_reply, health, loops, returns, tracking  # noqa: F401
