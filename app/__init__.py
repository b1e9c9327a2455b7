"""The screen and the command line: the only folder that reads the environment, opens a socket or imports gradio."""
