from django.apps import AppConfig


class Config(AppConfig):
    name = "tabiji.web.components"
    label = "web_components"

    def ready(self) -> None:
        # Registers what values of changes are called, for sentences said without a builder.
        from tabiji.web.components import condition_changes  # noqa: F401
