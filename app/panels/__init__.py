"""The four panels beside the chat: Bill, Plan, Evidence and Jobs. Each reads the store and paints; none computes a figure."""
