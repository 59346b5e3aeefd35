from django.apps import AppConfig


class Config(AppConfig):
    name = "tabiji.web.customers"
    label = "web_customers"

    def ready(self) -> None:
        # Registers the numbers of this package whose people can be opened.
        from tabiji.web.customers import numbers  # noqa: F401
