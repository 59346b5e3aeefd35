from django.apps import AppConfig


class Config(AppConfig):
    name = "tabiji.web.audiences"
    label = "web_audiences"

    def ready(self) -> None:
        # Registers the numbers of these screens whose people can be opened.
        from tabiji.web.audiences import numbers  # noqa: F401
