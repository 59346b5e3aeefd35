from django.apps import AppConfig


class Config(AppConfig):
    name = "tabiji.web.imports"
    label = "web_imports"

    def ready(self) -> None:
        # Registers the numbers of these screens whose people can be opened.
        from tabiji.web.imports import numbers  # noqa: F401
