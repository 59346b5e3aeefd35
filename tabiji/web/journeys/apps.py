from django.apps import AppConfig


class Config(AppConfig):
    name = "tabiji.web.journeys"
    label = "web_journeys"

    def ready(self) -> None:
        # Registers the numbers of these screens whose people can be opened.
        from tabiji.web.journeys import numbers  # noqa: F401
