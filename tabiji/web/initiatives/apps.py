from django.apps import AppConfig


class Config(AppConfig):
    name = "tabiji.web.initiatives"
    label = "web_initiatives"

    def ready(self) -> None:
        # Registers the numbers of these screens whose people (or contracts) can be opened.
        from tabiji.web.initiatives import numbers  # noqa: F401
