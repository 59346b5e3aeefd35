from django.apps import AppConfig


class Config(AppConfig):
    name = "tabiji.journeys"
    label = "journeys"

    def ready(self) -> None:
        from tabiji.journeys import consumers, health, loops, nodes

        nodes.load()
        assert consumers and health and loops  # they register themselves
