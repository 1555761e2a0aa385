"""The cases of layers.py, one module a group: main(store) -> a list of entries, their arrays in the store."""
