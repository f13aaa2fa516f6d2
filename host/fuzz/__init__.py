"""Feeds the kernels everything but what they were made for, and looks whether one of them leaves its buffers."""
