"""Who may import and point at whom."""

from django.apps import apps

from tests.guards.source import PACKAGE, ROOMS, attributes, imports, modules, name_of, room_of


def test_a_room_imports_only_rooms_to_its_left() -> None:
    wrong = []
    for path in modules():
        here = room_of(".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts))
        for module in imports(path):
            there = room_of(module)
            if here and there and here != there and ROOMS[there] >= ROOMS[here]:
                wrong.append(f"{name_of(path)} imports {module}")
    assert wrong == []


def test_a_foreign_key_points_to_its_own_room_or_to_the_left() -> None:
    wrong = []
    for model in apps.get_models():
        here = room_of(model.__module__)
        for field in model._meta.get_fields():
            target = getattr(field, "related_model", None)
            there = room_of(target.__module__) if field.concrete and target else None
            if here and there and here != there and ROOMS[there] >= ROOMS[here]:
                wrong.append(f"{model.__name__}.{field.name} points at {target.__name__}")
    assert wrong == []


def test_audio_and_sketch_know_nothing_of_django_or_the_rooms() -> None:
    wrong = []
    for path in [*modules(PACKAGE / "audio"), *modules(PACKAGE / "sketch")]:
        for module in imports(path):
            room = room_of(module)
            if module.split(".")[0] in {"django", "django_q", "allauth"} or (room and room not in {"audio", "sketch"}):
                wrong.append(f"{name_of(path)} imports {module}")
    assert wrong == []


def test_a_client_of_a_provider_knows_no_model() -> None:
    wire = ["base.py", "aigateway.py", "aigateway_errors.py", "aigateway_wire.py", "download.py", "webhook.py"]
    wrong = [
        f"{name} imports {module}"
        for name in wire
        for module in imports(PACKAGE / "providers" / name)
        if module.startswith("django") or (module.startswith("musicstudio.") and "models" in module.split("."))
    ]
    assert wrong == []


def test_rooms_without_rows_have_no_models() -> None:
    assert [room for room in ("core", "audio", "sketch", "web", "api") if (PACKAGE / room / "models.py").exists()] == []


def test_the_environment_is_read_in_the_settings_only() -> None:
    words = {"os.environ", "os.getenv"}
    entries = {"settings.py", "asgi.py", "wsgi.py"}  # the latter two name the settings module
    found = [name_of(path) for path in modules() if path.name not in entries and words & {*imports(path), *attributes(path)}]
    assert found == []
