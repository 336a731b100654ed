"""Where the libraries of databases, search engines, models and mail are known; nothing else imports them."""
