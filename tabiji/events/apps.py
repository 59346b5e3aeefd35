from django.apps import AppConfig


class Config(AppConfig):
    name = "tabiji.events"
    label = "events"

    def ready(self) -> None:
        from tabiji.events import loops, segment  # noqa: F401  (they register themselves)
