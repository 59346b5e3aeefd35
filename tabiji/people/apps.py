from django.apps import AppConfig


class Config(AppConfig):
    name = "tabiji.people"
    label = "people"
