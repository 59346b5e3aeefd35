from django.apps import AppConfig


class Config(AppConfig):
    name = "tabiji.practice"
    label = "practice"

    def ready(self) -> None:
        from tabiji.practice import bar, loops  # noqa: F401  (they register themselves)
