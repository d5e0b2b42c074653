from django.urls import path

from . import board, pages, pausing, switching

app_name = "environments"
urlpatterns = [
    path("board/live/", board.live_view, name="board_live"),
    path("env/<slug:slug>/", pages.page, name="page"),
    path("env/<slug:slug>/live/", pages.live, name="live"),
    path("env/<slug:slug>/switch/", switching.switch, name="switch"),
    path("env/<slug:slug>/pause/", pausing.pause, name="pause"),
    path("env/<slug:slug>/resume/", pausing.resume, name="resume"),
    path("env/<slug:slug>/release/", switching.release, name="release"),
    path("env/<slug:slug>/retry/", switching.retry, name="retry"),
    path("env/<slug:slug>/accept/", switching.accept, name="accept"),
]
