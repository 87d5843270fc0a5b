import type { BetterAuthOptions } from "better-auth";
import { jwt } from "better-auth/plugins/jwt";
import type { JwtOptions } from "better-auth/plugins/jwt";

import { limiting } from "@/lib/auth/limiting";
import { revocations } from "@/lib/auth/revocations";
import { verification, withoutUser } from "@/lib/auth/verification";
import type { Mailer } from "@/lib/mail/mailer";
import type { Settings, TokenAlgorithm } from "@/lib/server/settings";

/** Better Auth's options, as functions of the settings. */

const KEY_PAIRS = {
  EdDSA: { alg: "EdDSA", crv: "Ed25519" },
  ES256: { alg: "ES256" },
  RS256: { alg: "RS256", modulusLength: 2048 },
} as const satisfies Record<TokenAlgorithm, NonNullable<JwtOptions["jwks"]>["keyPairConfig"]>;

/** Options of the JWT plugin, also needed where signing keys are made ahead of use. */
export function jwtOptions(from: Settings): JwtOptions {
  return {
    disableSettingJwtHeader: true,
    jwks: {
      keyPairConfig: KEY_PAIRS[from.tokenAlgorithm],
      ...(from.keyRotationSeconds === null
        ? {}
        : { rotationInterval: from.keyRotationSeconds, gracePeriod: 3600 }),
    },
    jwt: {
      issuer: from.issuer,
      audience: from.audience,
      expirationTime: `${from.tokenLifetimeSeconds}s`,
      definePayload: ({ user, session }) => ({ email: user.email, sid: session.id }),
    },
  };
}

export function authOptions<Database extends BetterAuthOptions["database"]>(
  from: Settings,
  database: Database,
  mailer: Mailer | null,
) {
  const { emailAndPassword, emailVerification } = verification(mailer);
  return {
    appName: "Crosstalk",
    baseURL: from.publicUrl,
    secret: from.secret,
    trustedOrigins: [from.publicUrl],
    database,
    emailAndPassword: { enabled: true, minPasswordLength: 8, maxPasswordLength: 128, ...emailAndPassword },
    ...(emailVerification ? { emailVerification } : {}),
    session: { expiresIn: 7 * 86_400, updateAge: 86_400, cookieCache: { enabled: false } },
    rateLimit: {
      enabled: true,
      storage: "database",
      customRules: {
        "/sign-in/*": { window: 10, max: from.signInAttempts },
        "/sign-up/*": { window: 10, max: from.signInAttempts },
        // A page asks for a token on every visit and for the session on none.
        "/token": { window: 10, max: 100 },
        "/jwks": false,
        "/revoked": false,
      },
    },
    hooks: { before: limiting(from.accountAttempts), ...(mailer ? { after: withoutUser } : {}) },
    advanced: {
      cookiePrefix: "crosstalk",
      defaultCookieAttributes: { httpOnly: true, sameSite: "lax" },
      ipAddress: { ipAddressHeaders: [from.addressHeader] },
    },
    telemetry: { enabled: false },
    logger: { level: "error" },
    plugins: [jwt(jwtOptions(from)), revocations(from.tokenLifetimeSeconds)],
  } satisfies BetterAuthOptions;
}
