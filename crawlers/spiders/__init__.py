"""Sites that no feed, sitemap or selector covers: one class a site, found by the name in the source file.

The table is written out and not collected by import hooks, so that a wrong name fails when the catalogue is checked.
"""

from crawlers.spiders.site import SiteSpider
from crawlers.spiders.suara_kepulauan import SuaraKepulauan

SPIDERS: dict[str, SiteSpider] = {spider.name: spider for spider in (SuaraKepulauan(),)}
