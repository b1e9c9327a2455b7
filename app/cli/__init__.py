"""The command line of Frugal: the same core as the browser, without it. Imports no gradio."""
