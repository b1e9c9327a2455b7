# Frugal in a container: non-root, no download at run time, data on a volume.
#   docker build -t frugal . && docker run -p 127.0.0.1:7860:7860 -v frugal-data:/data frugal
# The process listens on all of the container's interfaces, so it needs a users file (python -m app password):
#   docker run ... -v ./users.txt:/run/frugal/users.txt:ro -e FRUGAL_AUTH_FILE=/run/frugal/users.txt frugal
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 \
    GRADIO_ANALYTICS_ENABLED=False HF_HUB_OFFLINE=1 HF_HUB_DISABLE_TELEMETRY=1 DO_NOT_TRACK=1 \
    FRUGAL_DATA_DIR=/data

RUN useradd --create-home --uid 10001 frugal && install -d -o frugal -g frugal /data /opt/frugal
WORKDIR /opt/frugal

# torch first and alone: its CPU build, before another package asks for torch.
COPY requirements.txt constraints.txt ./
RUN pip install --constraint constraints.txt torch==2.13.0 && pip install --constraint constraints.txt --requirement requirements.txt

COPY LICENSE README.md pyproject.toml ./
COPY knowledge knowledge
COPY tools tools
COPY agent agent
COPY app app

USER frugal
VOLUME /data
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/health', timeout=4)"]
ENTRYPOINT ["python", "-m", "app"]
CMD ["--host", "0.0.0.0"]
