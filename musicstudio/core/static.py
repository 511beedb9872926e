"""Static files: hashed names, compressed copies, and ES-module imports rewritten to the hashed names."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class Storage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise is untyped
    """Django's manifest storage leaves `import './x.js'` unhashed unless asked (django docs, ManifestStaticFilesStorage)."""

    support_js_module_import_aggregation = True
