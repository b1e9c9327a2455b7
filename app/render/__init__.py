"""Pure functions from events, evidence, jobs and plans to what the page shows. No gradio state, no store, no figures of their own."""
