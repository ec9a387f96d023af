"""Pictures that compare a study's configurations on the same test frames: chosen, predicted again, drawn, kept."""
