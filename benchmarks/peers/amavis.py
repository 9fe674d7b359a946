"""Postfix with amavisd as before-queue filter: smtpd → amavisd → smtpd → queue → smtp.

Virus, spam and DKIM checks are off; it still takes the mail apart, as mailguard does. A server for each connection, and
none of them is replaced after 20 mails, its default.
"""

import os
import pwd

from sink import free_port, wait_for_greeting

from peers.peer import Site, program, root_and
from peers.postfix import Postfix

_CONF = """
use strict;
$daemon_user = 'amavis'; $daemon_group = 'amavis';
$max_servers = {servers}; $max_requests = 10000;
$MYHOME = '{home}/amavis'; $TEMPBASE = "$MYHOME/tmp"; $db_home = "$MYHOME/db"; $QUARANTINEDIR = undef;
$lock_file = "$MYHOME/amavisd.lock"; $pid_file = "$MYHOME/amavisd.pid";
$enable_db = 0; $enable_zmq = 0;
$mydomain = 'example.co.jp'; $myhostname = 'amavis.example.co.jp';
@mynetworks = qw( 127.0.0.0/8 ); @local_domains_maps = ( [ '.' ] );
@bypass_virus_checks_maps = (1); @bypass_spam_checks_maps = (1); @bypass_banned_checks_maps = (1);
@av_scanners = (); @av_scanners_backup = ();
$enable_dkim_verification = 0; $enable_dkim_signing = 0;
$inet_socket_port = {port}; $inet_socket_bind = '127.0.0.1'; $unix_socketname = undef;
$forward_method = 'smtp:[127.0.0.1]:{back}'; $notify_method = $forward_method;
$log_level = 0; $do_syslog = 0; $LOGFILE = "$MYHOME/log"; $sa_local_tests_only = 1;
$final_virus_destiny = D_PASS; $final_banned_destiny = D_PASS; $final_spam_destiny = D_PASS; $final_bad_header_destiny = D_PASS;
1;
"""
_BACK = """
127.0.0.1:{back} inet n - n - - smtpd
  -o smtpd_proxy_filter=
  -o smtpd_authorized_xforward_hosts=127.0.0.0/8
"""


class Amavis(Postfix):
    """`amavisd-new` of Debian."""

    name = "amavis"
    title = "Postfix → amavisd (checks off)"

    def missing(self) -> str:
        """Both must be there."""
        return super().missing() or root_and(program("amavisd", "amavisd-new"), "amavisd-new")

    def start(self, site: Site) -> None:
        """The filter first: Postfix would put mail off without it."""
        site.folder.chmod(0o755)
        port, back = free_port(), free_port()
        home = site.folder / "amavis"
        owner = pwd.getpwnam("amavis")
        for folder in (home, home / "tmp", home / "db"):
            folder.mkdir()
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        conf = site.folder / "amavisd.conf"
        conf.write_text(_CONF.format(servers=max(10, site.connections), home=site.folder, port=port, back=back))
        conf.chmod(0o644)
        # Its own folder as working directory: it would refuse one that its user cannot enter.
        self.run(
            [program("amavisd", "amavisd-new"), "-c", str(conf), "foreground"], site.folder / "amavis.log", cwd=home
        )
        wait_for_greeting(port)
        self.main = f"smtpd_proxy_filter = 127.0.0.1:{port}\nsmtpd_proxy_timeout = 100s\n"
        self.master = _BACK.format(back=back)
        super().start(site)
