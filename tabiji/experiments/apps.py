from django.apps import AppConfig


class Config(AppConfig):
    name = "tabiji.experiments"
    label = "experiments"
