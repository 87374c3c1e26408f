using Orleans.Kpl.Aws.Signing;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Credentials;

/// <summary>A source of credentials to sign with, which keeps them fresh.</summary>
internal interface ICredentialSource
{
    /// <exception cref="KinesisException">There are no credentials; nothing was sent.</exception>
    ValueTask<SigningCredentials> GetAsync(CancellationToken cancellationToken);

    /// <summary>Notes that Kinesis refused these credentials: unless newer ones are cached already, the next caller waits for new ones.</summary>
    void Refuse(SigningCredentials credentials);
}

/// <summary>What follows a refusal of credentials, by Kinesis or by STS.</summary>
internal static class RefusedCredentials
{
    /// <summary>Tells the source that these were refused, and returns others; null where it has none.</summary>
    public static async ValueTask<SigningCredentials?> ReplaceAsync(
        this ICredentialSource source, SigningCredentials refused, CancellationToken cancellationToken)
    {
        source.Refuse(refused);
        try
        {
            var fresh = await source.GetAsync(cancellationToken).ConfigureAwait(false);
            return fresh.SameAs(refused) ? null : fresh;
        }
        catch (KinesisException)
        {
            // The error that the service returned is the better explanation.
            return null;
        }
    }
}

/// <summary>Credentials from settings; they never change.</summary>
internal sealed class FixedCredentials(SigningCredentials keys) : ICredentialSource
{
    public ValueTask<SigningCredentials> GetAsync(CancellationToken cancellationToken) => new(keys);

    public void Refuse(SigningCredentials credentials)
    {
    }
}
