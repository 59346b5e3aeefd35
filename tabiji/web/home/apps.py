from django.apps import AppConfig


class Config(AppConfig):
    name = "tabiji.web.home"
    label = "web_home"

    def ready(self) -> None:
        # Registers the numbers of these screens whose people (or contracts) can be opened.
        from tabiji.web.home import numbers  # noqa: F401
