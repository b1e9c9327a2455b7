"""From a `ModelChoice` to a BaseChatModel and its label. A backend that fails is an error, never a silent switch."""

from pathlib import Path

from langchain_core.language_models.chat_models import BaseChatModel

from agent.llm.choice import ModelChoice

ENDPOINT_TIMEOUT_S = 60


def load_chat_model(choice: ModelChoice, data_dir: Path) -> BaseChatModel:
    """The model, not yet loaded into memory where it loads on first use."""
    if choice.kind == "brain":
        from agent.llm.brain import BrainChatModel

        return BrainChatModel()
    if choice.kind == "hub":
        from agent.llm.hub import HubChatModel

        return HubChatModel(name_or_path=choice.name, cache_dir=data_dir / "language-models")
    if choice.kind == "endpoint":
        from langchain_openai import ChatOpenAI
        from pydantic import SecretStr

        return ChatOpenAI(
            model=choice.name,
            base_url=choice.base_url,
            api_key=SecretStr(choice.api_key or "none"),
            temperature=0,
            timeout=ENDPOINT_TIMEOUT_S,
            max_retries=1,
        )
    from agent.llm.scripted import ScriptedChatModel

    return ScriptedChatModel()
