"""One module per function: event in, response out. The only place that knows HTTP."""
