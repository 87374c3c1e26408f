namespace Orleans.Kpl.Aws.Signing;

/// <summary>One set of credentials, with the signing key last derived from it; the key changes once a day.</summary>
internal sealed class SigningCredentials(string accessKeyId, string secretAccessKey, string? sessionToken)
{
    private volatile SigningKey? _key;

    public string AccessKeyId { get; } = accessKeyId;

    public string SecretAccessKey { get; } = secretAccessKey;

    public string? SessionToken { get; } = string.IsNullOrEmpty(sessionToken) ? null : sessionToken;

    /// <summary>Returns the signing key for a day, region and service; derives it only when one of them changed.</summary>
    public SigningKey KeyFor(DateOnly day, string region, string service)
    {
        var key = _key;
        if (key is null || key.Day != day || key.Region != region || key.Service != service)
            _key = key = SigningKey.Derive(SecretAccessKey, day, region, service);
        return key;
    }

    /// <summary>Whether both have the same keys; a refresh that brings the same keys changed nothing.</summary>
    public bool SameAs(SigningCredentials other) =>
        AccessKeyId == other.AccessKeyId && SecretAccessKey == other.SecretAccessKey && SessionToken == other.SessionToken;

    /// <summary>Returns the access key's id; never the secret.</summary>
    public override string ToString() => AccessKeyId;
}
