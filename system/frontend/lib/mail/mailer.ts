import { createTransport } from "nodemailer";

/**
 * Messages to people, behind an interface: to the console in development, by SMTP elsewhere.
 *
 * A message is handed over and never waited for, so that the time of an answer does not tell
 * whether there was one to send. The number of messages to one address is limited here, because
 * who asks for them need not be the person who gets them.
 */

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** Delivers one message; rejects where it could not be handed over. */
export type Deliver = (mail: Mail) => Promise<void>;

export type MailSettings =
  | { readonly kind: "off" }
  | { readonly kind: "console" }
  | { readonly kind: "smtp"; readonly url: string; readonly from: string };

const WINDOW_SECONDS = 3600;
const MOST_AN_ADDRESS = 5;
const MOST_UNDER_WAY = 100;
const SECONDS_TO_DELIVER = 20;
const ADDRESSES_KEPT = 100_000;

/** How messages are delivered by these settings; null where none are sent. */
export function delivery(from: MailSettings): Deliver | null {
  if (from.kind === "off") return null;
  if (from.kind === "console") {
    return async ({ to, subject, text }) => {
      process.stdout.write(`frontend: mail to ${to}: ${subject}\n${text}\n`);
    };
  }
  const milliseconds = SECONDS_TO_DELIVER * 1000;
  const transport = createTransport({
    url: from.url,
    connectionTimeout: milliseconds,
    greetingTimeout: milliseconds,
    socketTimeout: milliseconds,
  });
  return async (mail) => {
    await transport.sendMail({ from: from.from, ...mail });
  };
}

/** Sends without being waited for, within bounds; failures go to the log without the address. */
export class Mailer {
  private readonly sent = new Map<string, { count: number; readonly endsAt: number }>();
  private underWay = 0;

  constructor(
    private readonly deliver: Deliver,
    private readonly log: (line: string) => void = (line) => process.stderr.write(`frontend: ${line}\n`),
    private readonly now: () => number = Date.now,
  ) {}

  send(mail: Mail): void {
    if (!this.take(mail.to)) return this.log("a message was not sent: its address had too many within an hour");
    if (this.underWay >= MOST_UNDER_WAY) return this.log("a message was not sent: too many are under way");
    this.underWay += 1;
    void this.deliver(mail)
      .catch((error: unknown) => {
        const code = (error as { code?: unknown } | null)?.code;
        this.log(`a message was not sent: ${typeof code === "string" ? code : "it was refused"}; see SMTP_URL`);
      })
      .finally(() => {
        this.underWay -= 1;
      });
  }

  private take(address: string): boolean {
    const key = address.trim().toLowerCase();
    const now = this.now();
    for (const [each, { endsAt }] of this.sent) {
      if (endsAt > now && this.sent.size < ADDRESSES_KEPT) break;
      this.sent.delete(each);
    }
    const known = this.sent.get(key);
    if (known === undefined || known.endsAt <= now) {
      this.sent.delete(key);
      this.sent.set(key, { count: 1, endsAt: now + WINDOW_SECONDS * 1000 });
      return true;
    }
    known.count += 1;
    return known.count <= MOST_AN_ADDRESS;
  }
}
