"""Installs the observer in a service of the unchanged system: found first on `PYTHONPATH`."""

from loadtests.observer.server import install

install()
