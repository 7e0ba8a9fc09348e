"""The pages: one file each, rendered on the server, whole without JavaScript."""
