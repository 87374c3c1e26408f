namespace Orleans.Kpl;

/// <summary>Credentials to sign requests with. <see cref="ToString"/> returns the access key's id, never a secret.</summary>
public sealed class KinesisCredentials
{
    /// <summary>Creates credentials.</summary>
    /// <param name="sessionToken">The session token of temporary credentials; null for others.</param>
    /// <param name="expiration">
    /// When they expire: they are refreshed five minutes earlier, or when a quarter of their lifetime is left, whichever is later. Null if that is not
    /// known: they are refreshed every five minutes.
    /// </param>
    /// <exception cref="ArgumentException">The id or the secret is null, empty or blank.</exception>
    public KinesisCredentials(string accessKeyId, string secretAccessKey, string? sessionToken = null, DateTimeOffset? expiration = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(accessKeyId);
        ArgumentException.ThrowIfNullOrWhiteSpace(secretAccessKey);
        (AccessKeyId, SecretAccessKey, SessionToken, Expiration) = (accessKeyId, secretAccessKey, sessionToken, expiration);
    }

    /// <summary>The id of the access key.</summary>
    public string AccessKeyId { get; }

    /// <summary>The secret access key.</summary>
    public string SecretAccessKey { get; }

    /// <summary>The session token of temporary credentials; null for others.</summary>
    public string? SessionToken { get; }

    /// <summary>When they expire; null where that is not known.</summary>
    public DateTimeOffset? Expiration { get; }

    /// <summary>Returns the id of the access key.</summary>
    public override string ToString() => AccessKeyId;
}
