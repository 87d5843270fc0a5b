"""Found first on `PYTHONPATH`, this makes a service of the system observed, unchanged as it is."""

from loadtests.observe import install

install()
