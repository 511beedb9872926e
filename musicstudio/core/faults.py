"""What the report of a fault may show: with DEBUG on, Django shows every variable, and some hold secrets."""

import re
from types import FrameType
from typing import Any

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter


class SecretFilter(SafeExceptionReporterFilter):
    """Django's, switched on with DEBUG too, and also hiding what variables are called like secrets, at any depth of a dict."""

    hidden_settings = re.compile("API|AUTH|TOKEN|KEY|SECRET|PASS|SIGNATURE|COOKIE|URL|SESSION|CIPHER|SEED|CODE|CREDENTIAL", re.I)

    def is_active(self, request: HttpRequest | None) -> bool:
        """Always: a traceback is copied into an issue sooner or later."""
        return True

    def get_traceback_frame_variables(self, request: HttpRequest | None, tb_frame: FrameType) -> Any:
        """The variables of one frame, those that are called like a secret without their value."""
        said = super().get_traceback_frame_variables(request, tb_frame)
        return [(name, self.cleanse_setting(str(name), value)) for name, value in said]
