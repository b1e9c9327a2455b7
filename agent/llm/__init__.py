"""Language models behind LangChain's BaseChatModel: the bundled brain, any local or hub model, an endpoint, the script."""
