"""Prompts: from a sentence to a file of sound that a media worker can play.

`catalogue` holds the sentences, `store` makes and keeps their files (by `voice`), `recording` lets a
person's voice win, `music` and `tones` make what is heard while nobody speaks. Nothing here knows calls.
"""

from appliance.prompts.error import PromptError, PromptRefused
from appliance.prompts.store import PromptStore

__all__ = ["PromptError", "PromptRefused", "PromptStore"]
