"""What people declared: settings, places, homes, gateways, sensors and accounts."""
