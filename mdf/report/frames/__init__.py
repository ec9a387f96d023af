"""The test frames that a report shows: chosen, predicted again by the trained models, and drawn; kept in the study."""
