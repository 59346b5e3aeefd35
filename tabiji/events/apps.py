from django.apps import AppConfig


class Config(AppConfig):
    name = "tabiji.events"
    label = "events"

    def ready(self) -> None:
        from django.conf import settings

        from tabiji.core import clickhouse
        from tabiji.events import health, history, loops, segment  # noqa: F401  (they register themselves)

        clickhouse.configure(settings.CLICKHOUSE_URL)
