from django.apps import AppConfig


class Config(AppConfig):
    name = "tabiji.pages"
    label = "pages"

    def ready(self) -> None:
        from tabiji.pages import consenting  # noqa: F401
