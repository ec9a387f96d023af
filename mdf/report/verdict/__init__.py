"""Which configuration is better, by how much and how sure, from the statistics that trials left."""
