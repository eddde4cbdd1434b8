"""interlace makes many quantum computers, joined by quantum links, work as one."""
