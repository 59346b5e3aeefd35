import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from tabiji.runtime.home import Home

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tabiji.runtime.settings")
application = get_wsgi_application()
_SCREENS = get_resolver().url_patterns  # loaded here, not when somebody asks for the first page
Home.from_environment().wait_for_stores()
