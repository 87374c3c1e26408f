using System.Security.Claims;
using Orleans.Kpl.Http.Identities;

namespace Orleans.Kpl.Kinesis.Signing;

/// <summary>What the head of a signed request says, before its body is there.</summary>
/// <param name="Claim">The signature.</param>
/// <param name="At">When it was made.</param>
/// <param name="Secret">The secret of the key that it names.</param>
/// <param name="Signer">Who has that key.</param>
/// <param name="BodyHash">The hash of the body, where it is signed with the head: then the signature has proved to be right. Else null.</param>
/// <param name="Use">Is told when the key has signed; null where nobody asks.</param>
internal sealed record SignedHead(SignatureClaim Claim, DateTimeOffset At, byte[] Secret, ClaimsPrincipal Signer, byte[]? BodyHash, KeyUse? Use = null)
{
    /// <summary>Whether the head alone proves who sends the request.</summary>
    public bool IsProved => BodyHash is not null;

    /// <summary>Tells no secret.</summary>
    public override string ToString() => $"signed by {Claim.AccessKeyId}";
}
