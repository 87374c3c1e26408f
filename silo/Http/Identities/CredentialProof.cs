namespace Orleans.Kpl.Http.Identities;

/// <summary>Whose a credential is, by these identities and until that instant.</summary>
/// <param name="Set">The identities by which it was proved.</param>
/// <param name="Identity">Whose it is.</param>
/// <param name="Until">When it expires; for a key that does not, the last instant there is.</param>
internal sealed record CredentialProof(IdentitySet Set, ClientIdentity Identity, DateTimeOffset Until);
