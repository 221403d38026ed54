"""Tests in which the Linux kernel is the judge: our ``Endpoint`` talks with its sockets."""
