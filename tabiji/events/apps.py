from django.apps import AppConfig


class Config(AppConfig):
    name = "tabiji.events"
    label = "events"
