"""What we concluded: findings, verdicts, alerts and their delivery."""
