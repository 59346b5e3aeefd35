from django.apps import AppConfig


class Config(AppConfig):
    name = "tabiji.pages"
    label = "pages"
