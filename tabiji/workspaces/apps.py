from django.apps import AppConfig


class Config(AppConfig):
    name = "tabiji.workspaces"
    label = "workspaces"
