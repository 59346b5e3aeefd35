from django.apps import AppConfig


class Config(AppConfig):
    name = "tabiji.web.content"
    label = "web_content"

    def ready(self) -> None:
        # Registers the numbers of these screens whose people can be opened.
        from tabiji.web.content import views_form_visits  # noqa: F401
