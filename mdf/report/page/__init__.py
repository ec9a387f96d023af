"""A study as one HTML page that needs no network. `page.write_page` makes it from the templates in `assets/`."""
