from django.apps import AppConfig


class Config(AppConfig):
    name = "tabiji.web.settings"
    label = "web_settings"

    def ready(self) -> None:
        # Registers the numbers of these screens whose people can be opened.
        from tabiji.web.settings import numbers  # noqa: F401
