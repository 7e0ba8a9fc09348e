"""What sensors measured: from bytes on a broker to readings in a store."""
