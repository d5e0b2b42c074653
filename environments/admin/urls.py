from django.urls import path

from . import board, pages

app_name = "environments"
urlpatterns = [
    path("board/live/", board.live_view, name="board_live"),
    path("env/<slug:slug>/", pages.page, name="page"),
    path("env/<slug:slug>/live/", pages.live, name="live"),
    path("env/<slug:slug>/switch/", pages.switch, name="switch"),
    path("env/<slug:slug>/release/", pages.release, name="release"),
    path("env/<slug:slug>/retry/", pages.retry, name="retry"),
    path("env/<slug:slug>/accept/", pages.accept, name="accept"),
]
