from django.apps import AppConfig


class Config(AppConfig):
    name = "tabiji.api"
    label = "api"
