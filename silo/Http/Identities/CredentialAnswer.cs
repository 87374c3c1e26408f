using System.Diagnostics.CodeAnalysis;

namespace Orleans.Kpl.Http.Identities;

/// <summary>Whose a credential is, or why it is nobody's. The reason says nothing of the credential itself.</summary>
internal readonly record struct CredentialAnswer(ClientIdentity? Identity, string? Reason)
{
    [MemberNotNullWhen(true, nameof(Identity))]
    public bool IsKnown => Identity is not null;

    public static CredentialAnswer Known(ClientIdentity identity) => new(identity, null);

    public static CredentialAnswer Refused(string reason) => new(null, reason);
}
