"""Every shared value and the ports: parsed policy, channel, event, rows, Change, Facts, Ask, Decision."""
