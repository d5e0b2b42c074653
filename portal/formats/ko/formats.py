"""Times in Korean by the 24-hour clock, as everywhere in the portal; dates are Django's own."""

TIME_FORMAT = "H:i"
DATETIME_FORMAT = "Y년 n월 j일 H:i"
SHORT_DATETIME_FORMAT = "Y-n-j H:i"
