"""Kubernetes cost allocation: OpenCost and Kubecost CSV exports (one row per day and container or namespace)."""

from tools.audit.forms.form import Form

FORMS = (
    Form(
        id="opencost",
        title="OpenCost allocation export",
        needs=("TotalCost", "CPUCost", "RAMCost"),
        one_of=(("Namespace", "Name", "Pod", "Container", "ControllerName"),),
        roles={
            "billed": ("TotalCost",),
            "gpu_cost": ("GPUCost",),
            "start": ("Date", "Start", "Window Start"),
            "end": ("End", "Window End"),
            "service": ("Namespace", "Name"),
            "description": ("ControllerName", "Container"),
            "resource": ("Pod", "Container", "Name"),
            "workload": ("ControllerName",),
            "account": ("Cluster",),
            "tags": ("Labels",),
        },
        provider="Kubernetes",
        tag_prefixes=("label",),
    ),
)
