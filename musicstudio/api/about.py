"""The API described: a page for people, two texts for language models, and a plain no for what does not exist."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from musicstudio.api.errors import ApiError
from musicstudio.api.gateway import api, dress
from musicstudio.api.record import base_of
from musicstudio.core.pages import page
from musicstudio.generation.contract import ERRORS, completed, queued


def operations(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Every operation of the OpenAPI document: method, path, summary, description, parameters."""
    found = []
    for path, methods in schema["paths"].items():
        for method, said in methods.items():
            words = {"method": method.upper(), "path": path, "summary": said["summary"], "about": said["description"]}
            found.append(words | {"parameters": said.get("parameters", [])})
    return found


def fields(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """What can be asked, as the document says it."""
    asked = schema["components"]["schemas"]["MusicRequest"]
    rows = [(name, said, name in asked["required"]) for name, said in asked["properties"].items()]
    return [{"name": name, "about": said.get("description", ""), "required": required} for name, said, required in rows]


def context(request: HttpRequest) -> dict[str, Any]:
    """What the page and the texts tell."""
    schema, base = api.get_openapi_schema(), base_of(request)
    jobs = {"before": queued(), "after": completed(base=base)}
    shown = {name: json.dumps(job, indent=2, ensure_ascii=False) for name, job in jobs.items()}
    return shown | {"base": base, "operations": operations(schema), "fields": fields(schema), "errors": ERRORS}


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """For people."""
    return page(request, "api/docs.html", context(request))


@require_safe
def llms(request: HttpRequest) -> HttpResponse:
    """In short, for language models (llmstxt.org)."""
    return HttpResponse(render_to_string("api/llms.txt", context(request)), content_type="text/plain; charset=utf-8")


@require_safe
def llms_full(request: HttpRequest) -> HttpResponse:
    """Everything, for language models."""
    return HttpResponse(render_to_string("api/llms_full.txt", context(request)), content_type="text/plain; charset=utf-8")


@csrf_exempt
def nothing(request: HttpRequest) -> HttpResponse:
    """Any other address under /v1: JSON, as everywhere there."""
    error = ApiError(404, f"There is no {request.method} {request.path[:100]}. See /v1/docs.")
    return dress(request, JsonResponse(error.as_json(), status=404))
