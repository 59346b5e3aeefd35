from django.apps import AppConfig


class Config(AppConfig):
    name = "tabiji.content"
    label = "content"
