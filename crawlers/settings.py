"""Scrapy's settings for one plan: each with the reason why it is not the default."""

from crawlers.guard import HostRules, host_of, plain_host
from pipeline.records import GatherPlan

_FEWEST_REQUESTS, _MOST_REQUESTS = 16, 500

_RETRIED = [
    "scrapy.exceptions.CannotResolveHostError",
    "scrapy.exceptions.DownloadConnectionRefusedError",
    "scrapy.exceptions.DownloadFailedError",
    "scrapy.exceptions.ResponseDataLossError",
    "twisted.internet.error.ConnectError",
    "twisted.internet.error.ConnectionDone",
    "twisted.internet.error.ConnectionLost",
]  # not timeouts: three times the time cap is a minute of a host's turn spent on nothing

_FIXED: dict[str, object] = {
    "BOT_NAME": "beatwatch",
    "DOWNLOAD_HANDLERS": {
        "http": "crawlers.connect.GuardedHandler", "https": "crawlers.connect.GuardedHandler",
        "data": None, "file": None, "ftp": None, "s3": None,
    },
    "TWISTED_DNS_RESOLVER": "crawlers.resolver.InstalledResolver",
    "REACTOR_THREADPOOL_MAXSIZE": 20,  # look-ups of slow name servers
    "HTTPPROXY_ENABLED": False,  # a proxy would connect where the guard cannot see
    "DOWNLOAD_VERIFY_CERTIFICATES": True,  # what is cited as evidence must come from the site itself
    "DOWNLOADER_MIDDLEWARES": {
        "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
        "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
        "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
        "crawlers.manners.Manners": 100,
        "crawlers.manners.Retries": 550,
    },
    "DOWNLOAD_WARNSIZE": 0,
    "DEFAULT_REQUEST_HEADERS": {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
    "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
    "DOWNLOAD_DELAY_JITTER": 0.0,
    "RETRY_HTTP_CODES": [408, 500, 502, 503, 504, 520, 521, 522, 523, 524],
    "RETRY_EXCEPTIONS": _RETRIED,
    "RETRY_TIMES": 2,
    "RETRY_GIVE_UP_LOG_LEVEL": "INFO",  # it is in the fetch log
    "REDIRECT_ENABLED": False,  # the crawl follows hop by hop
    "METAREFRESH_ENABLED": False,
    "COOKIES_ENABLED": False,
    "REFERER_ENABLED": False,
    "HTTPERROR_ALLOW_ALL": True,  # every status has its row
    "URLLENGTH_LIMIT": 0,  # the guard's, which leaves a row
    "DUPEFILTER_CLASS": "scrapy.dupefilters.BaseDupeFilter",  # errands know what was asked
    "SCHEDULER_MEMORY_QUEUE": "scrapy.squeues.FifoMemoryQueue",  # a feed's order
    "TELNETCONSOLE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    "MEMUSAGE_ENABLED": False,
    "LOG_LEVEL": "INFO",
    "LOG_COLOR": False,
}  # fmt: skip


def scrapy_settings(plan: GatherPlan) -> dict[str, object]:
    """Settings of the crawl that follows `plan`."""
    delays = host_delays(plan)
    return _FIXED | {
        "USER_AGENT": plan.user_agent,
        "BEATWATCH_HOST_RULES": HostRules(plan.host_map, plan.allow_hosts),
        "DOWNLOAD_MAXSIZE": plan.size_cap,
        "DOWNLOAD_TIMEOUT": plan.time_cap,
        # One request of every host may be under way or waiting for its turn, so that slow hosts hold up nobody.
        "CONCURRENT_REQUESTS": min(_FEWEST_REQUESTS + len(delays), _MOST_REQUESTS),
        "DOWNLOAD_DELAY": max(delays.values(), default=0.0),  # of hosts that only a redirect leads to
        "DOWNLOAD_SLOTS": {host: {"concurrency": 1, "delay": delay, "jitter": 0.0} for host, delay in delays.items()},
    }


def host_delays(plan: GatherPlan) -> dict[str, float]:
    """Seconds between two requests to each host of the plan; sources that share a host share the longest."""
    delays: dict[str, float] = {}
    for source in plan.sources:
        urls = [source.home, *source.feeds, *source.sitemaps, *(rule.url for rule in source.lists)]
        hosts = {host_of(url) for url in urls} | {plain_host(host) for host in source.follow}
        for host in hosts | {f"www.{host}" for host in hosts}:
            delays[host] = max(delays.get(host, 0.0), source.delay)
    return delays
