from django.apps import AppConfig


class Config(AppConfig):
    name = "tabiji.web.settings"
    label = "web_settings"

    def ready(self) -> None:
        # They register themselves: words of conditions, and numbers whose people can be opened.
        from tabiji.web.settings import condition_words, numbers  # noqa: F401
