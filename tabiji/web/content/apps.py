from django.apps import AppConfig


class Config(AppConfig):
    name = "tabiji.web.content"
    label = "web_content"
