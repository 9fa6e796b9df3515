"""What the simulated people say, spoken by espeak-ng with voices that tell them apart."""

import asyncio
from pathlib import Path

from appliance.core.speech import Language
from appliance.prompts import pcm
from appliance.prompts.voice import Speaker, Voice

CALLER = Speaker(voices={Language.EN: Voice("en-us+f3", 165)})
AGENT = Speaker(voices={Language.EN: Voice("en-gb+m3", 160)})

CALLER_SAYS = (
    "Hello! My name is Elena Stan. I bought two telephones from you last week, and one of them does not ring. "
    "I have tried another cable, and I have started it again, but it stays silent. "
    "Otherwise it works: I can call everybody, and they hear me well. "
    "Perhaps I pressed something that I should not have pressed? "
    "Yes, there is a small light at the top, it is red. Ah, I see! Now it rings. Thank you very much, goodbye!"
)
AGENT_SAYS = (
    "Good day, this is technical support. How can I help you? "
    "I understand. Let us have a look together. Does a light shine at the top of the telephone? "
    "Then it is set to do not disturb. Please press the key with the bell once, and the light goes out. "
    "You are welcome. Have a nice day!"
)


async def speech(directory: Path) -> tuple[Path, Path]:
    """WAV files of the caller's and the agent's part. Raises `PromptError` when espeak-ng or sox is missing."""
    files = directory / "caller.wav", directory / "agent.wav"
    parts = await asyncio.gather(
        CALLER.speak(Language.EN, CALLER_SAYS),
        AGENT.speak(Language.EN, AGENT_SAYS),
    )
    for file, samples in zip(files, parts, strict=True):
        await asyncio.to_thread(pcm.write_wav, file, samples)
    return files
