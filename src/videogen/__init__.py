"""A photo and a prompt become a video: functions on Netlify, jobs in S3, the Blackbox video API."""
