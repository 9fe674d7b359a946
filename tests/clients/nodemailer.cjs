// Reads a mail and a door as JSON from stdin, sends it, and writes what it sent into a file.
const fs = require('node:fs');
const nodemailer = require('nodemailer');
const MailComposer = require('nodemailer/lib/mail-composer');

async function main() {
  const { door, mail, out } = JSON.parse(fs.readFileSync(0, 'utf8'));
  const envelope = { from: mail.sender, to: [mail.recipient] };
  const raw = await new MailComposer({
    from: mail.sender || 'shop@example.jp', to: mail.recipient, subject: mail.subject, text: mail.text,
    attachments: mail.attachment ? [{ path: mail.attachment }] : [],
  }).compile().build();
  fs.writeFileSync(out, raw);
  const transport = nodemailer.createTransport({
    host: door.host, port: door.port, name: 'tool.example',
    secure: door.tls === 'implicit', requireTLS: door.tls === 'starttls', ignoreTLS: door.tls === '',
    authMethod: door.mechanism,
    auth: door.login ? { user: door.login, pass: door.password } : undefined,
    tls: { ca: fs.readFileSync(door.authority) },
  });
  const info = await transport.sendMail({ raw, envelope });
  console.log(info.response);
}

main().catch((error) => { console.log(String(error), error.code, error.responseCode); process.exit(1); });
