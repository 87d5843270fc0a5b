"""Found first on `PYTHONPATH`, this makes a service of the system observed, unchanged as it is."""

from loadtests.observer.observe import install

install()
