"""Groups of people: who is told together, and who next when nobody acknowledges."""

from typing import Any, cast

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from notifications.admin.group_form import PlaceForm, Places, channels_to_people, order_of, places
from notifications.admin.group_preview import preview
from notifications.models import ContactGroup, Escalation, GroupMember, Rule
from portal.previewing import PreviewingAdmin
from portal.unfolded import TabularInline, display


class PlaceInline(TabularInline[GroupMember]):
    """Who is told, by which channel, and after how many minutes."""

    model = GroupMember
    form = PlaceForm
    formset = Places
    fields = ("contact", "channel", "after")
    autocomplete_fields = ("contact",)
    # No empty line to begin with: in a table a choice of nothing has no name that is read out.
    extra = 0
    hide_title = True
    ordering = ("after", "pk")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """With an example, as every field."""
        if db_field.name == "contact":
            kwargs["help_text"] = _("Who is told. For example “Minseo Kim”.")
        if db_field.name == "channel":
            kwargs["queryset"] = channels_to_people()
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None and db_field.name == "channel":
            field.empty_label = _("as they have chosen")
        return field

    def get_queryset(self, request: HttpRequest) -> QuerySet[GroupMember]:
        """With the names, in their order."""
        return super().get_queryset(request).select_related("contact", "channel").order_by("after", "pk")


@admin.register(ContactGroup)
class ContactGroupAdmin(PreviewingAdmin[ContactGroup]):
    """A group with its order, told in a line."""

    list_display = ("name", "order", "turns")
    search_fields = ("name", "members__name")
    search_help_text = _("Searches groups and people.")
    fields = ("name", "rounds")
    inlines = (PlaceInline,)
    list_per_page = 50
    change_form_after_template = "notifications/group_what_if.html"
    empty_text = _("A group is told in its order, until somebody acknowledges: first Minseo, after 15 minutes Jiwoo.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ContactGroup]:
        """With the members."""
        return super().get_queryset(request).prefetch_related(Prefetch("places", places()))

    def previewed(self, request: HttpRequest, saved: ContactGroup | None) -> HttpResponse:
        """In which order people would be asked by the group as it is typed."""
        # The forms of the page itself, so that what is refused here is what saving would refuse.
        form = self.get_form(request, saved, change=saved is not None)(request.POST, instance=saved or ContactGroup())
        ((formset, _inline),) = self.get_formsets_with_inlines(request, saved)
        lines = formset(request.POST, instance=saved or ContactGroup(), prefix=formset.get_default_prefix())
        return preview(request, form, cast(Places, lines))

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """The escalations that go too, as a number: nobody deletes these by hand, and there may be thousands."""
        groups = list(objs)
        asked = Escalation.objects.filter(group__in=groups).count()
        counts = {str(_("groups of contacts")): len(groups), str(_("escalations")): asked}
        forbidden = set() if self.has_delete_permission(request) else {str(_("group of contacts"))}
        return [str(group) for group in groups], counts, forbidden, []

    def delete_model(self, request: HttpRequest, obj: ContactGroup) -> None:
        """By the time of their change, processes that keep the rules see that theirs are older."""
        Rule.objects.filter(groups=obj).update(changed_at=timezone.now())
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ContactGroup]) -> None:
        """As for one."""
        Rule.objects.filter(groups__in=queryset).update(changed_at=timezone.now())
        super().delete_queryset(request, queryset)

    @display(description=_("order"))
    def order(self, group: ContactGroup) -> str:
        """“Minseo Kim → Jiwoo Lee after 15 min”."""
        return order_of(group)

    @display(description=_("rounds"), ordering="rounds")
    def turns(self, group: ContactGroup) -> str:
        """How often it is gone through."""
        return ngettext("once", "%(count)s times", group.rounds) % {"count": group.rounds}
