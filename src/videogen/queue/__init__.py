"""Jobs over Amazon SQS: how start-video sends them, and how `videogen worker` makes them."""
