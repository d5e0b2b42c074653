from django.urls import path

from . import feed

app_name = "public"
urlpatterns = [
    path("feeds/<str:secret>.ics", feed.feed, name="feed"),
]
