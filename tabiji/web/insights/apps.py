from django.apps import AppConfig


class Config(AppConfig):
    name = "tabiji.web.insights"
    label = "web_insights"

    def ready(self) -> None:
        # Registers the numbers of these screens whose people (or contracts) can be opened.
        from tabiji.web.insights import numbers  # noqa: F401
