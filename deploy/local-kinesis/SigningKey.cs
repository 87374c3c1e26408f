namespace Orleans.Kpl.LocalKinesis;

/// <summary>The one pair of keys whose signatures the endpoint accepts when it checks them.</summary>
public sealed record SigningKey(string AccessKeyId, string SecretAccessKey)
{
    /// <summary>The token that must come with the key, or null when none may be needed.</summary>
    public string? SessionToken { get; init; }

    /// <summary>Never shows the secret.</summary>
    public override string ToString() => $"SigningKey {AccessKeyId}";
}
