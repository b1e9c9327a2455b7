"""Kubernetes cost allocation: OpenCost and Kubecost exports (a row per container, or sums by namespace and the like), assets.

`TotalCost` is the money; CPU, GPU, RAM, storage and network cost are its parts. Efficiency is a share of what was requested, so it is
not read as the use of a GPU.
"""

from tools.audit.forms.form import Form

FORMS = (
    Form(
        id="opencost",
        title="OpenCost allocation export",
        needs=("TotalCost", "CPUCost", "RAMCost"),
        one_of=(("Namespace", "Name", "Pod", "Container", "ControllerName", "Controller", "Cluster", "Node"),),
        roles={
            "billed": ("TotalCost",),
            "gpu_cost": ("GPUCost",),
            "start": ("Date", "Start", "Window Start", "window.start"),
            "end": ("End", "Window End", "window.end"),
            "service": ("Namespace", "properties.namespace", "Name"),
            "description": ("ControllerName", "properties.controller", "Container", "properties.container", "Category", "Type"),
            "resource": ("Pod", "properties.pod", "Container", "Node", "Name"),
            "workload": ("ControllerName", "Controller", "properties.controller"),
            "account": ("Cluster", "properties.cluster"),
            "tags": ("Labels", "properties.labels"),
        },
        provider="Kubernetes",
        tag_prefixes=("label",),
    ),
)
