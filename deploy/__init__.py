"""What `docker-compose.yml` needs beside the program: its secrets, the databases and users that they are for."""
