using Orleans.Kpl.Aws.Signing;

namespace Orleans.Kpl.Aws.Credentials;

/// <summary>Credentials from settings; they never change.</summary>
internal sealed class FixedCredentials(SigningCredentials keys) : ICredentialSource
{
    public ValueTask<SigningCredentials> GetAsync(CancellationToken cancellationToken) => new(keys);

    public void Refuse(SigningCredentials credentials)
    {
    }
}
