"""Addresses of the portal: the admin site at the root, and what needs an address of its own."""

from django.contrib import admin
from django.urls import include, path

from notifications.inbound import discord, jandi, slack, sms, sns
from portal import chat_page, metrics, preferences_page
from portal.api.root import api

urlpatterns = [
    path("i18n/setlang/", preferences_page.switch_language, name="set_language"),
    path("preferences/", admin.site.admin_view(preferences_page.page), name="preferences"),
    path("preferences/messages/", admin.site.admin_view(preferences_page.my_messages), name="preferences_messages"),
    path("preferences/chat/code/", admin.site.admin_view(preferences_page.chat_code), name="preferences_chat_code"),
    path(
        "preferences/chat/<int:person>/unlink/",
        admin.site.admin_view(preferences_page.chat_unlink),
        name="preferences_chat_unlink",
    ),
    path("preferences/data/", admin.site.admin_view(preferences_page.my_data), name="preferences_data"),
    path("hooks/sns/", sns.receive, name="sns"),
    path("hooks/sms/<str:secret>/", sms.receive, name="sms"),
    path("hooks/jandi/<str:secret>/", jandi.receive, name="jandi"),
    path("hooks/slack/<str:secret>/", slack.receive, name="slack"),
    path("hooks/discord/<str:secret>/", discord.receive, name="discord"),
    path("metrics", metrics.page, name="metrics"),
    path("chat/", admin.site.admin_view(chat_page.page), name="chat"),
    path("chat/followed/", admin.site.admin_view(chat_page.followed), name="chat_followed"),
    path("m/", include("notifications.public.urls")),
    path("api/v1/", api.urls),
    path("help/", include("portal.guide_urls")),
    path("", include("environments.public.urls")),
    path("", include("environments.admin.urls")),
    path("", admin.site.urls),
]
