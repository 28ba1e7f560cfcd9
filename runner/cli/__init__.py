"""The only room that imports typer and rich: one file per command."""
