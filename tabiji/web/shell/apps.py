from django.apps import AppConfig


class Config(AppConfig):
    name = "tabiji.web.shell"
    label = "web_shell"
