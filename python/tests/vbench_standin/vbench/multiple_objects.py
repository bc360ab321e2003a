from vbench.object_class import DenseCaptioning  # noqa: F401
from vbench.object_class import object_class as multiple_objects  # noqa: F401
