"""What the tool folders share: the shapes of evidence, workload, bill, plan, tool and progress. No work, no I/O."""
