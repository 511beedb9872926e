"""Addresses of pages that need several rooms."""

from django.urls import path

from musicstudio.web import (
    budget_views,
    connection_views,
    library_views,
    member_views,
    model_views,
    price_views,
    project_views,
    token_views,
    track_views,
    views,
    webhook_views,
)

urlpatterns = [
    path("", views.home, name="home"),
    path("setup/<str:token>/", views.setup, name="setup"),
    path("shortcuts/", views.shortcuts, name="shortcuts"),
    path("preferences/", views.preferences, name="preferences"),
    # t/<team>/
    path("t/<slug:team>/", project_views.team, name="team"),
    path("t/<slug:team>/tracks/", library_views.library, name="library"),
    path("t/<slug:team>/tracks/<uuid:pk>/", track_views.track, name="track"),
    path("t/<slug:team>/tracks/<uuid:pk>/versions/", track_views.versions, name="track_versions"),
    path("t/<slug:team>/tracks/<uuid:pk>/provenance/", track_views.provenance, name="track_provenance"),
    path("t/<slug:team>/tracks/<uuid:pk>/files/", track_views.files, name="track_files"),
    path("t/<slug:team>/tracks/<uuid:pk>/activity/", track_views.activity, name="track_activity"),
    path("t/<slug:team>/tracks/<uuid:pk>/standing/", track_views.standing, name="standing"),
    path("t/<slug:team>/palette/", views.palette, name="palette"),
    # t/<team>/projects/
    path("t/<slug:team>/new-project/", project_views.project_new, name="project_new"),
    path("t/<slug:team>/projects/", project_views.projects, name="projects"),
    path("t/<slug:team>/projects/<slug:project>/", project_views.project, name="project"),
    path("t/<slug:team>/projects/<slug:project>/overview/", project_views.project_overview, name="project_overview"),
    path("t/<slug:team>/projects/<slug:project>/activity/", project_views.project_activity, name="project_activity"),
    path("t/<slug:team>/projects/<slug:project>/settings/", project_views.project_settings, name="project_settings"),
    path("t/<slug:team>/projects/<slug:project>/brief/", project_views.project_brief, name="project_brief"),
    path("t/<slug:team>/projects/<slug:project>/archive/", project_views.project_archive, name="project_archive"),
    path("t/<slug:team>/projects/<slug:project>/restore/", project_views.project_restore, name="project_restore"),
    path("t/<slug:team>/projects/<slug:project>/presets/", project_views.preset_save, name="preset_new"),
    path("t/<slug:team>/projects/<slug:project>/presets/<int:pk>/", project_views.preset_save, name="preset_save"),
    path("t/<slug:team>/projects/<slug:project>/presets/<int:pk>/drop/", project_views.preset_drop, name="preset_drop"),
    path("t/<slug:team>/projects/<slug:project>/presets/back/<str:kept>/", project_views.preset_restore, name="preset_restore"),
    # t/<team>/settings/
    path("t/<slug:team>/settings/", views.settings, name="settings"),
    path("t/<slug:team>/settings/cap/", views.set_cap, name="set_cap"),
    path("t/<slug:team>/settings/artist/", views.set_artist, name="set_artist"),
    path("t/<slug:team>/settings/keys/", views.add_key, name="add_key"),
    path("t/<slug:team>/settings/keys/<uuid:pk>/revoke/", views.revoke_key, name="revoke_key"),
    # t/<team>/members/
    path("join/<str:token>/", member_views.join, name="join"),
    path("t/<slug:team>/members/", member_views.members, name="members"),
    path("t/<slug:team>/members/<int:pk>/", member_views.member, name="member"),
    path("t/<slug:team>/members/invite/", member_views.invite, name="invite"),
    path("t/<slug:team>/members/invitations/<uuid:pk>/", member_views.invitation, name="invitation"),
    # t/<team>/models/
    path("t/<slug:team>/models/", model_views.models, name="models"),
    path("t/<slug:team>/models/<path:slug>/", model_views.model, name="model"),
    # t/<team>/tokens/
    path("t/<slug:team>/tokens/", token_views.tokens, name="tokens"),
    path("t/<slug:team>/tokens/add/", token_views.token_add, name="token_add"),
    path("t/<slug:team>/tokens/<uuid:pk>/revoke/", token_views.token_revoke, name="token_revoke"),
    # t/<team>/webhooks/
    path("t/<slug:team>/webhooks/", webhook_views.webhooks, name="webhooks"),
    path("t/<slug:team>/webhooks/add/", webhook_views.webhook_add, name="webhook_add"),
    path("t/<slug:team>/webhooks/<uuid:pk>/switch/", webhook_views.webhook_switch, name="webhook_switch"),
    path("t/<slug:team>/webhooks/<uuid:pk>/ping/", webhook_views.webhook_ping, name="webhook_ping"),
    path("t/<slug:team>/webhooks/<uuid:pk>/remove/", webhook_views.webhook_remove, name="webhook_remove"),
    path("t/<slug:team>/webhooks/deliveries/<uuid:pk>/replay/", webhook_views.delivery_replay, name="delivery_replay"),
    # t/<team>/budgets/
    path("t/<slug:team>/budgets/", budget_views.budgets, name="budgets"),
    path("t/<slug:team>/budgets/ledger/", budget_views.ledger, name="ledger"),
    path("t/<slug:team>/budgets/caps/", budget_views.cap_set, name="cap_set"),
    path("t/<slug:team>/budgets/caps/effect/", budget_views.cap_effect, name="cap_effect"),
    path("t/<slug:team>/budgets/caps/<int:pk>/end/", budget_views.cap_end, name="cap_end"),
    path("t/<slug:team>/budgets/caps/<int:pk>/grant/", budget_views.grant, name="grant"),
    path("t/<slug:team>/budgets/requests/<uuid:pk>/", budget_views.decide, name="decide"),
    path("t/<slug:team>/budgets/requests/<uuid:pk>/withdraw/", budget_views.withdraw, name="withdraw"),
    path("t/<slug:team>/budgets/outcomes/<uuid:pk>/", budget_views.outcome, name="outcome"),
    # t/<team>/prices/
    path("t/<slug:team>/prices/", price_views.prices, name="prices"),
    path("t/<slug:team>/prices/sync/", price_views.price_sync, name="price_sync"),
    path("t/<slug:team>/prices/proposals/<int:pk>/", price_views.proposal, name="proposal"),
    path("t/<slug:team>/prices/<int:pk>/", price_views.price, name="price"),
    path("t/<slug:team>/prices/<int:pk>/enter/", price_views.price_enter, name="price_enter"),
    path("t/<slug:team>/prices/<int:pk>/switch/", price_views.price_switch, name="price_switch"),
    # t/<team>/connections/
    path("t/<slug:team>/connections/", connection_views.connections, name="connections"),
    path("t/<slug:team>/connections/keys/", connection_views.key_add, name="key_add"),
    path("t/<slug:team>/connections/keys/<uuid:pk>/test/", connection_views.key_test, name="key_test"),
    path("t/<slug:team>/connections/keys/<uuid:pk>/rotate/", connection_views.key_rotate, name="key_rotate"),
    path("t/<slug:team>/connections/keys/<uuid:pk>/revoke/", connection_views.key_revoke, name="key_revoke"),
    path("t/<slug:team>/connections/<slug:provider>/", connection_views.connection_set, name="connection_set"),
    path("t/<slug:team>/connections/<slug:provider>/top-ups/", connection_views.top_up, name="top_up"),
]
