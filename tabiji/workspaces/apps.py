from django.apps import AppConfig


class Config(AppConfig):
    name = "tabiji.workspaces"
    label = "workspaces"

    def ready(self) -> None:
        from tabiji.workspaces import staff_mail  # noqa: F401  (registers its loop)
