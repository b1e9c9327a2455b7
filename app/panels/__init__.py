"""The three panels beside the chat: Evidence, Jobs and Plan. Each reads the store and paints; none computes a figure."""
