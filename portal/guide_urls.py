from django.contrib import admin
from django.urls import path

from portal import guide

app_name = "guide"
urlpatterns = [
    path("", admin.site.admin_view(guide.contents), name="contents"),
    path("<slug:slug>/", admin.site.admin_view(guide.chapter), name="chapter"),
]
