"""Addresses of the portal: the admin site at the root, and what needs an address of its own."""

from django.contrib import admin
from django.urls import include, path

from notifications.inbound import sms, sns
from portal import preferences_page

urlpatterns = [
    path("i18n/setlang/", preferences_page.switch_language, name="set_language"),
    path("preferences/", admin.site.admin_view(preferences_page.page), name="preferences"),
    path("hooks/sns/", sns.receive, name="sns"),
    path("hooks/sms/<str:secret>/", sms.receive, name="sms"),
    path("help/", include("portal.guide_urls")),
    path("", include("environments.public.urls")),
    path("", include("environments.admin.urls")),
    path("", admin.site.urls),
]
