from django.apps import AppConfig


class Config(AppConfig):
    name = "tabiji.web.components"
    label = "web_components"
