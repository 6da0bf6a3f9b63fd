"""Named errors: each says what is wrong, the value seen, and what would be right."""


class SuperPointRosError(Exception):
    """Base of every error this package raises on purpose."""


class ImageError(SuperPointRosError, ValueError):
    """Report an image whose shape, dtype or content cannot be used."""


class CheckpointError(SuperPointRosError, ValueError):
    """Report a weights file that is missing, unreadable, of an unknown layout, or not the one expected."""


class BackendError(SuperPointRosError, RuntimeError):
    """Report a backend or device that was asked for and is not there."""


class ProcessError(SuperPointRosError, RuntimeError):
    """Report a process of ours that ended without its result."""


class MissingExtraError(SuperPointRosError, ImportError):
    """Report an optional dependency that is not installed; the message names the extra that brings it."""


class DatasetError(SuperPointRosError, ValueError):
    """Report a data set that is absent, incomplete or corrupt; the message says what was expected and where it is."""


class CalibrationError(SuperPointRosError, ValueError):
    """Report a camera calibration that cannot be used."""


class ParameterError(SuperPointRosError, ValueError):
    """Report a parameter or option whose value is not allowed; the message says what is."""


class DetectorError(SuperPointRosError, ValueError):
    """Report a detector to be evaluated that is not there, or does not return what it must."""


class SourceError(SuperPointRosError, ValueError):
    """Report a sequence of images that is missing, unreadable or empty; the message names it and what is wrong."""


def describe_os_error(error: OSError) -> str:
    """Say what the operating system refuses, and of which file: "'a/b.npz': no space left on device"."""
    reason = (error.strerror or str(error)).lower()
    return f"'{error.filename}': {reason}" if error.filename else reason
