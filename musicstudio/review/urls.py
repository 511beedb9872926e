"""Addresses of comments and of rounds."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
