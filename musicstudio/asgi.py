"""The ASGI entry point, for those who serve the studio with an ASGI server."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "musicstudio.settings")
application = get_asgi_application()
