import type { BetterAuthOptions } from "better-auth";
import { createAuthMiddleware, isAPIError } from "better-auth/api";

import type { Mailer } from "@/lib/mail/mailer";

/**
 * Addresses are verified by a link in a message before anybody signs in with them.
 *
 * Sign-up then answers alike whether the address is known or not: Better Auth makes up a user and
 * hashes the password all the same, and the owner of a known address gets a message instead. The
 * user is left out of the answer, because the made-up one has fields in another order.
 */

const LINK_SECONDS = 3600;

type Verification = Pick<BetterAuthOptions, "emailVerification"> & {
  readonly emailAndPassword: Partial<NonNullable<BetterAuthOptions["emailAndPassword"]>>;
};

/** Leaves out of a sign-up's answer what would tell a made-up user from a new one. */
export const withoutUser = createAuthMiddleware(async (context) => {
  const { returned } = context.context;
  if (context.path !== "/sign-up/email" || isAPIError(returned)) return;
  return context.json({ status: true });
});

/** The options that verify addresses; without a mailer none are, and sign-up tells a known one. */
export function verification(mailer: Mailer | null): Verification {
  if (mailer === null) return { emailAndPassword: {} };
  return {
    emailAndPassword: {
      requireEmailVerification: true,
      async onExistingUserSignUp({ user }) {
        mailer.send({
          to: user.email,
          subject: "You have a Crosstalk account",
          text:
            "This address was used to create an account, and it has one already: sign in instead.\n" +
            "If it was not you, there is nothing to do.",
        });
      },
    },
    emailVerification: {
      sendOnSignUp: true,
      sendOnSignIn: true,
      // Whoever follows the link need not be who chose the password.
      autoSignInAfterVerification: false,
      expiresIn: LINK_SECONDS,
      async sendVerificationEmail({ user, url }) {
        mailer.send({
          to: user.email,
          subject: "Confirm your address",
          text:
            `Follow this link within an hour to confirm your address for Crosstalk:\n${url}\n` +
            "If you did not create an account, there is nothing to do.",
        });
      },
    },
  };
}
