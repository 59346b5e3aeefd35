from django.apps import AppConfig


class Config(AppConfig):
    name = "tabiji.sales"
    label = "sales"

    def ready(self) -> None:
        from tabiji.sales import consumers, loops, sources  # noqa: F401  (they register themselves)
