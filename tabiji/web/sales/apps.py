from django.apps import AppConfig


class Config(AppConfig):
    name = "tabiji.web.sales"
    label = "web_sales"
