from django.apps import AppConfig


class Config(AppConfig):
    name = "tabiji.web.public"
    label = "web_public"
