"""A local AWS on 127.0.0.1; the only room that imports ministack."""
