"""How the C library hands out memory while training."""

import ctypes
import sys


def keep_freed_memory() -> None:
    """Keep glibc from handing freed memory back to the system.

    A training step frees and asks for the same large blocks over and over; getting each as fresh
    pages from the kernel costs about a tenth of the time. Other C libraries are left as they are.
    """
    m_trim_threshold, m_mmap_max = -1, -4  # from glibc's malloc.h
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(m_mmap_max, 0)
        mallopt(m_trim_threshold, 2**31 - 1)
