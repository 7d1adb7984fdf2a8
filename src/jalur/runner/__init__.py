"""From what is asked to finished report folders."""
