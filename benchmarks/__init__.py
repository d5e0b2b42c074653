"""What `make bench` measures: each module here yields its figures."""
