from django.apps import AppConfig


class Config(AppConfig):
    name = "tabiji.insights"
    label = "insights"

    def ready(self) -> None:
        from tabiji.insights import kpi_parts  # noqa: F401  (it registers itself)
