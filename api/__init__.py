"""What people see and do: command line, REST, web pages; the folder that wires the others."""
