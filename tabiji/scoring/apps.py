from django.apps import AppConfig


class Config(AppConfig):
    name = "tabiji.scoring"
    label = "scoring"

    def ready(self) -> None:
        from tabiji.scoring import consumers, loops  # noqa: F401  (they register themselves)
