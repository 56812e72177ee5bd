"""`python -m dicomkit`: the same as the command `dicomkit`."""

from dicomkit.cli import main

main()
