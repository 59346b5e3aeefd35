from django.apps import AppConfig


class Config(AppConfig):
    name = "tabiji.people"
    label = "people"

    def ready(self) -> None:
        from tabiji.people import loops

        assert loops  # registers itself
