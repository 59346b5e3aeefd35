from django.apps import AppConfig


class Config(AppConfig):
    name = "tabiji.purpose"
    label = "purpose"

    def ready(self) -> None:
        from tabiji.purpose import recording  # noqa: F401  (it registers itself)
