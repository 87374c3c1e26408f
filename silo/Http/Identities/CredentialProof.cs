using Orleans.Kpl.Http.Identities.Tokens;

namespace Orleans.Kpl.Http.Identities;

/// <summary>Whose a credential is, by these identities and until that instant.</summary>
/// <param name="Set">The identities by which it was proved.</param>
/// <param name="Identity">Whose it is.</param>
/// <param name="Until">From when on that counts no longer; for a key that does not expire, the last instant there is.</param>
/// <param name="Keys">The keys of the issuer that have proved a token; null for an API key.</param>
/// <param name="Use">Is told when the API key is used; null for a token.</param>
internal sealed record CredentialProof(IdentitySet Set, ClientIdentity Identity, DateTimeOffset Until, KeysReading? Keys = null, KeyUse? Use = null);
