"""The graph's nodes, one file each: intake -> choose -> act -> plan -> answer."""
