"""The corpus of each surface: a module each, with what it yields without end from a seed."""

from crosstalk.hostile.corpus.base import Context, Corpus
from crosstalk.hostile.corpus.chat import chatkit, injections, model_output
from crosstalk.hostile.corpus.framing import framing
from crosstalk.hostile.corpus.headers import headers
from crosstalk.hostile.corpus.json_bodies import json_bodies
from crosstalk.hostile.corpus.mcp_messages import mcp_messages
from crosstalk.hostile.corpus.texts import texts
from crosstalk.hostile.corpus.tokens import tokens

MODEL_OUTPUT = "model output"

# Surface to its corpus, and how often it is drawn: chats cost as much as hundreds of requests.
CORPORA: dict[str, tuple[Corpus, int]] = {
    "framing": (framing, 180),
    "headers": (headers, 160),
    "json": (json_bodies, 180),
    "mcp": (mcp_messages, 180),
    "chatkit": (chatkit, 80),
    "tokens": (tokens, 130),
    "texts": (texts, 85),
    "injections": (injections, 2),
    MODEL_OUTPUT: (model_output, 3),
}

__all__ = ["CORPORA", "MODEL_OUTPUT", "Context", "Corpus"]
