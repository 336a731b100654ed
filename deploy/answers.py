"""A health check for images without curl: does something answer with success at this address?

python -m deploy.answers URL     # exit status 0 or 1, and one line that `docker inspect` shows
"""

import sys
import urllib.request

SECONDS = 5


def main(url: str) -> int:
    """Returns the exit status."""
    try:
        with urllib.request.urlopen(url, timeout=SECONDS) as response:  # noqa: S310  (an address of docker-compose.yml)
            print(response.status)
    except OSError as error:  # also what is no 2xx, and a time-out
        print(f"{url}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
