"""Receivers on this machine: each speaks the protocol of one service as it is documented, well and badly."""
