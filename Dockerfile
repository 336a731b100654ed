# One image for all of beatwatch's services: docker-compose.yml says which command each runs. docs/deploy.md tells more.
FROM python:3.11.14-slim-bookworm AS build
# "cpu" takes torch's CPU build from the torch project's own index (as `make install TORCH=cpu`), "" the one of PyPI with CUDA.
ARG TORCH=""
ENV UV_NO_CACHE=1 UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never VIRTUAL_ENV=/opt/venv
RUN python -m venv /opt/venv && pip install --no-cache-dir --disable-pip-version-check uv==0.13.9
WORKDIR /app
COPY pyproject.toml README.md LICENSE requirements.lock requirements-cpu.lock ./
# What the program needs, without what its development needs: the lock gives each version and the hashes that must fit.
RUN if [ "$TORCH" = cpu ]; then \
      uv pip install --torch-backend=cpu "$(grep -oE '^torch==[^ ;]+' requirements.lock)"; \
    fi \
    && uv pip install --requirements pyproject.toml --constraints "requirements${TORCH:+-$TORCH}.lock"
COPY prefect.yaml ./
COPY alerts alerts
COPY config config
COPY console console
COPY crawlers crawlers
COPY deploy deploy
COPY flows flows
COPY pipeline pipeline
COPY sample sample
COPY training training
# Editable, so that the folder `config` that an operator mounts over the one here is the one that is read.
RUN echo "hatchling==1.33.0" > /tmp/build.txt \
    && uv pip install --no-deps --build-constraints /tmp/build.txt --editable .

FROM python:3.11.14-slim-bookworm
# Group 0 may write where the user may: Compose runs the image as the user who owns the secrets, whatever its number.
RUN useradd --uid 1000 --gid 0 --home-dir /home/beatwatch --no-log-init beatwatch \
    && install --directory --owner=1000 --group=0 --mode=0775 /home/beatwatch /data /vault
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
ENV PATH=/opt/venv/bin:$PATH HOME=/home/beatwatch BEATWATCH_DATA=/data PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
USER 1000:0
EXPOSE 8765
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s \
    CMD ["python", "-m", "deploy.answers", "http://127.0.0.1:8765/"]
ENTRYPOINT ["beatwatch"]
CMD ["console"]
