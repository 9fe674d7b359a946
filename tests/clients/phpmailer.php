<?php
// Reads a mail and a door as JSON from stdin, sends it, and writes what it sent into a file.
require '/usr/share/php/libphp-phpmailer/autoload.php';
$told = json_decode(stream_get_contents(STDIN));
$mail = new PHPMailer\PHPMailer\PHPMailer(true);
$mail->isSMTP();
$mail->SMTPDebug = $told->mail->attachment ? 0 : 2; // it shows all that it sends
$mail->Debugoutput = 'echo';
$mail->Host = $told->door->host;
$mail->Port = $told->door->port;
$mail->Helo = 'tool.example';
$mail->CharSet = 'UTF-8';
$mail->SMTPSecure = ['' => '', 'starttls' => 'tls', 'implicit' => 'ssl'][$told->door->tls];
$mail->SMTPAutoTLS = false;
$mail->SMTPOptions = ['ssl' => ['cafile' => $told->door->authority]];
$mail->SMTPAuth = $told->door->login !== '';
$mail->AuthType = $told->door->mechanism;
$mail->Username = $told->door->login;
$mail->Password = $told->door->password;
try {
    $mail->setFrom($told->mail->sender ?: 'shop@example.jp');
    $mail->addAddress($told->mail->recipient);
    $mail->Subject = $told->mail->subject;
    $mail->Body = $told->mail->text;
    if ($told->mail->attachment) {
        $mail->addAttachment($told->mail->attachment);
    }
    if ($told->mail->sender !== '') {
        $mail->send();
    } else { // its own send() falls back to From: what a bounce goes through is its SMTP class
        $mail->preSend();
        $mail->smtpConnect();
        $smtp = $mail->getSMTPInstance();
        if (!$smtp->mail('') || !$smtp->recipient($told->mail->recipient) || !$smtp->data($mail->getSentMIMEMessage())) {
            exit(1);
        }
        $smtp->quit();
    }
    file_put_contents($told->out, $mail->getSentMIMEMessage());
} catch (Throwable $error) {
    echo $error->getMessage();
    exit(1);
}
