"""JSON always: what Django itself refuses under `/v1` (a wrong method, a bad host, a fault) wears the envelope, too."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse

from musicstudio.api.errors import ApiError
from musicstudio.api.gateway import dress

SAID = {
    400: "This request cannot be read.",
    403: "This is not allowed.",
    404: "There is no such thing.",
    405: "This address does not take that method.",
    416: "The file has no such bytes.",
    413: "This is too large for a request.",
    431: "The headers of this request are too large.",
}


class EnvelopeMiddleware:
    """Replaces the pages of errors under `/v1`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        said = response.get("Content-Type", "").partition(";")[0]
        if response.status_code < 400 or said == "application/json" or not (request.path + "/").startswith("/v1/"):
            return response
        error = ApiError(response.status_code, SAID.get(response.status_code, "The studio could not answer this."))
        worn = dress(request, JsonResponse(error.as_json(), status=error.status))
        for name in ("Allow", "Content-Range", "Accept-Ranges"):
            if name in response:
                worn[name] = response[name]
        return worn
