"""`inkling bench`: how fast the kernels are, beside references measured in the same run."""
