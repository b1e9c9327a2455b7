"""THE JUDGEMENT: reads messages, chooses tools, asks, explains. Makes no number itself and knows no screen."""
