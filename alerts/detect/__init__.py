"""Detectors: pure kernels over columns indexed by home, sensor or gateway number."""
