"""Addresses of the portal: the admin site at the root, and what needs an address of its own."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("environments.public.urls")),
    path("", include("environments.admin.urls")),
    path("", admin.site.urls),
]
