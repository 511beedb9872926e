"""`/v1`: every operation, the document that describes them, and the same for people and for language models."""

from django.urls import path, re_path

from musicstudio.api import about
from musicstudio.api.catalogue import router as catalogue
from musicstudio.api.files import router as files
from musicstudio.api.gateway import api
from musicstudio.api.music import router as music
from musicstudio.api.secret import router as secret

api.add_router("", music)
api.add_router("", files)
api.add_router("", catalogue)
api.add_router("", secret)

urlpatterns = [
    path("llms.txt", about.llms, name="llms"),
    path("llms-full.txt", about.llms_full, name="llms_full"),
    path("v1/docs", about.docs, name="api_docs"),
    path("v1/", api.urls),
    re_path(r"^v1(?:/.*)?$", about.nothing, name="api_nothing"),
]
