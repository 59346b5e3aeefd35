from django.apps import AppConfig


class Config(AppConfig):
    name = "tabiji.audiences"
    label = "audiences"

    def ready(self) -> None:
        from tabiji.audiences import dependencies, loops, standing  # noqa: F401  (they register themselves)
