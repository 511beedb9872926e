"""An OpenID Connect provider for the tests: it speaks the real protocol on loopback, as a process of its own."""
