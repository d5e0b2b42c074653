from django.urls import path

from . import feed, report_mail

app_name = "public"
urlpatterns = [
    path("feeds/<str:secret>.ics", feed.feed, name="feed"),
    path("reports/mails/<str:token>/", report_mail.page, name="report_mail"),
]
