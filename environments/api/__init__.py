"""The API's doors to environments: the same services and the same rights as the pages."""
