"""Every output format, over small reports that are written out here."""
