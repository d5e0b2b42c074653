from django.urls import path

from . import feed, heartbeat, report_mail, status, ticket_mail

app_name = "public"
urlpatterns = [
    path("feeds/<str:secret>.ics", feed.feed, name="feed"),
    path("ping/<str:key>", heartbeat.ping, name="ping"),
    path("ping/<str:key>/<str:what>", heartbeat.ping, name="ping_what"),
    path("reports/mails/<str:token>/", report_mail.page, name="report_mail"),
    path("status.js", status.script, name="status_script"),
    path("status/<slug:slug>.json", status.data, name="status_data"),
    path("status/<slug:slug>/", status.page, name="status"),
    path("status/<slug:slug>/start/", status.start, name="status_start"),
    path("tickets/mails/<str:token>/", ticket_mail.page, name="ticket_mail"),
]
