# `videogen worker`: docs/worker.md. docker build -t videogen-worker .
FROM python:3.13-slim

RUN useradd --create-home videogen
WORKDIR /app
COPY locks/cli.txt locks/cli.txt
# The command line and what it needs, hashes checked.
RUN pip install --no-cache-dir --require-hashes -r locks/cli.txt
# Readable whatever the umask of the clone.
COPY --chown=videogen src src
ENV PYTHONPATH=/app/src PYTHONUNBUFFERED=1
USER videogen
HEALTHCHECK --interval=30s --timeout=5s CMD python -c "import urllib.request as u; u.build_opener(u.ProxyHandler({})).open('http://127.0.0.1:9100/healthz', timeout=4)"
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "videogen.cli", "worker"]
CMD ["--jobs", "100", "--drain", "900", "--health-port", "9100"]
