"""A study's report as one HTML page that needs no network: `page.write_page`; its template lies in `assets/`."""
