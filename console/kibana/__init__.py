"""What analysts see in Kibana: read from `config/kibana`, written as Kibana's saved objects, brought there by its API.

`definition` reads and checks the one file, `kql` understands its queries, `objects` writes it for Kibana, `requests`
says what Kibana will ask Elasticsearch for it, `server` speaks with Kibana.
"""
