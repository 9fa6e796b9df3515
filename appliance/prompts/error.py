"""What goes wrong between a text and a file of sound."""


class PromptError(Exception):
    """A prompt cannot be made or used. Its text is one sentence for whoever runs the box."""


class PromptRefused(PromptError):
    """The text or the recording itself is at fault; trying again will not help."""
