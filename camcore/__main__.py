"""`python -m camcore` is the same as `camcore`."""

from camcore.cli.main import main

main()
