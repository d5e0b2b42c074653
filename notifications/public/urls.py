"""Short, for they also stand in SMS."""

from django.urls import path

from . import acknowledge, leave, offer

app_name = "notifications"
urlpatterns = [
    path("o/<str:token>/", offer.page, name="offer"),
    path("a/<str:token>/", acknowledge.page, name="acknowledge"),
    path("l/<str:token>/", leave.page, name="leave"),
]
