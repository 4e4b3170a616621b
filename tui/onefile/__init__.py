"""The program as one file: where it is unpacked, that it stays whole, and how it starts parts of itself.

`places` and `unpacked` lie in the file a second time, before anything is unpacked: they import the standard library and
each other, and nothing else of this project.
"""
