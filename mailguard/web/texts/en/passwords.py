"""The own password, in English."""

TEXTS = {
    "password.title": "Change the password",
    "password.help": "At least {n} characters. When it changes, you are logged out everywhere else. The record says that it changed.",
    "password.given.help": "You logged in with a password that somebody else made. Choose your own before anything else.",
    "password.old": "Password now",
    "password.new": "New password",
    "password.again": "New password again",
    "password.submit": "Change it",
    "password.refused": "Not changed",
    "done.password": "The password is changed.",
    "refused.password_wrong": "The password of now is wrong.",
    "refused.password_same": "Choose another password than the one of now.",
    "refused.password_short": "The password is too short.",
    "refused.password_again": "The new passwords differ.",
    "refused.password_given": "Choose your own password first.",
}
