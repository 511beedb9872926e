"""The API described: a page for people, two texts for language models, and a plain no for what does not exist."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from musicstudio.api.errors import TYPES, ApiError
from musicstudio.api.gateway import api, dress
from musicstudio.core.pages import page

ADVICE = {
    400: ("The body is no JSON, or a link is bad.", "Correct it; a repeat fails again."),
    401: ("The token is missing, unknown, revoked or over.", "Use another token."),
    402: ("A cap is too small. The message names it, what is left and who can raise it.", "Ask that person."),
    403: ("The token lacks a scope, or its person the role.", "Use a token that may."),
    404: ("There is no such job, model, file or address.", "Look at the id."),
    409: ("This Idempotency-Key was used for another request.", "Use a fresh key."),
    422: ("A parameter is wrong; `param` names it.", "Correct it."),
    429: ("More requests in a minute than the studio allows.", "Wait as long as Retry-After says."),
    500: ("A fault of the studio.", "Try again; tell the admin the request id."),
    503: ("The studio is busy or being updated.", "Try again in a moment."),
}


def operations() -> list[dict[str, Any]]:
    """Every operation of the OpenAPI document: method, path, summary, description."""
    schema = api.get_openapi_schema()
    found = []
    for path, methods in schema["paths"].items():
        for method, said in methods.items():
            found.append(
                {"method": method.upper(), "path": path, "summary": said["summary"], "about": said.get("description", "")}
            )
    return found


def context(request: HttpRequest) -> dict[str, Any]:
    """What the page and the texts tell."""
    errors = [{"status": status, "type": TYPES[status][0], "means": means, "do": do} for status, (means, do) in ADVICE.items()]
    return {"base": f"{request.scheme}://{request.get_host()}", "operations": operations(), "errors": errors}


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
