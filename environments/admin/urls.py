from django.urls import path

from . import assistant, board, exception_views, feeds, pages, pausing, stuck, switching

app_name = "environments"
urlpatterns = [
    path("find/", assistant.find, name="find"),
    path("find/propose/", assistant.propose, name="find_propose"),
    path("find/save/", assistant.save, name="find_save"),
    path("board/live/", board.live_view, name="board_live"),
    path("env/<slug:slug>/", pages.page, name="page"),
    path("env/<slug:slug>/live/", pages.live, name="live"),
    path("env/<slug:slug>/switch/", switching.switch, name="switch"),
    path("env/<slug:slug>/feed/make/", pages.of_environment(feeds.make), name="feed_make"),
    path("env/<slug:slug>/feed/revoke/", pages.of_environment(feeds.revoke), name="feed_revoke"),
    path("env/<slug:slug>/exceptions/preview/", exception_views.preview, name="exception_preview"),
    path("env/<slug:slug>/exceptions/place/", exception_views.place, name="exception_place"),
    path("env/<slug:slug>/exceptions/remove/", exception_views.remove, name="exception_remove"),
    path("env/<slug:slug>/exceptions/restore/", exception_views.restore, name="exception_restore"),
    path("env/<slug:slug>/exceptions/undo/", exception_views.undo, name="exception_undo"),
    path("env/<slug:slug>/pause/", pausing.pause, name="pause"),
    path("env/<slug:slug>/resume/", pausing.resume, name="resume"),
    path("env/<slug:slug>/release/", switching.release, name="release"),
    path("env/<slug:slug>/retry/", switching.retry, name="retry"),
    path("env/<slug:slug>/redeploy/", switching.redeploy, name="redeploy"),
    path("env/<slug:slug>/accept/", switching.accept, name="accept"),
    path("env/<slug:slug>/leave-behind/", pages.of_environment(stuck.leave_behind), name="leave_behind"),
]
