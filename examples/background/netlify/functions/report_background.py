"""A background function: up to 15 minutes, called at /.netlify/functions/report-background."""

import time


def handler(event, context):
    """Do what takes long; what is returned goes nowhere, and what is raised is run again by Netlify."""
    print(f"reporting on {event['body']}, {context.get_remaining_time_in_millis() // 60000} minutes left")
    time.sleep(1)
    print("reported")
