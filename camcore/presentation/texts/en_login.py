"""The texts of the login, and of what nobody foresaw, in English; `en` takes them in."""

LOGIN_STRINGS = {
    "login.title": "Log in to look around",
    "login.lead": "These pages are for people whom their administrator lets in. You come back to the page you asked "
    "for.",
    "login.in": "Log in",
    "login.out": "Log out",
    "login.as": "Logged in as {name}",
    "login.broken": "The login is not set up",
    "login.refused.title": "This address is not let in",
    "login.refused.lead": "You are logged in as {name}. The list of those who may look around has neither this "
    "address nor its domain, or your provider does not vouch for it. Log out to come back with another one, or ask who "
    "runs this server.",
    "fault.title": "This page has a fault",
    "fault.body": "It is not yours. Load the page again, or go on with another one. If it comes back, tell who runs "
    "this server the number {number}: the log has what happened under it.",
}
