namespace Orleans.Kpl;

/// <summary>Credentials to sign requests with. Its text is the id of the access key, never a secret.</summary>
public sealed class KinesisCredentials
{
    /// <summary>Creates credentials.</summary>
    /// <param name="sessionToken">The session token of temporary credentials; null for others.</param>
    /// <param name="expiration">
    /// When they expire. They are asked for anew five minutes earlier, or when a quarter of their time is left, whichever is later. Null: not known;
    /// they are asked for anew every five minutes.
    /// </param>
    /// <exception cref="ArgumentException">The id or the secret is empty.</exception>
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
