"""Addresses of the sign-in that are ours; the others are allauth's."""

from django.urls import path

from musicstudio.accounts import sessions, single_sign_on

urlpatterns = [
    path("sessions/<int:pk>/end/", sessions.end, name="session_end"),
    path("oidc/<slug:provider_id>/login/", single_sign_on.login, name="openid_connect_login"),
    path("oidc/<slug:provider_id>/login/callback/", single_sign_on.callback, name="openid_connect_callback"),
]
