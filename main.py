"""Starts the application."""

from firmware.app import run

run()
