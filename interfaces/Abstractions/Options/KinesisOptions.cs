namespace Orleans.Kpl;

/// <summary>How Kinesis is reached: section <c>Kpl:Kinesis</c>. The region comes from here or AWS's chain, never from a host name.</summary>
public sealed class KinesisOptions
{
    /// <summary>An endpoint instead of AWS's own, such as <c>http://127.0.0.1:4567</c>. Default null.</summary>
    public Uri? EndpointUrl { get; set; }

    /// <summary>The region. Default null: AWS's chain; for a loopback endpoint <c>us-east-1</c> where that is empty.</summary>
    public string? Region { get; set; }

    /// <summary>An access key. Default null: AWS's chain.</summary>
    public string? AccessKeyId { get; set; }

    /// <summary>The secret to <see cref="AccessKeyId"/>.</summary>
    public string? SecretAccessKey { get; set; }

    /// <summary>The session token of temporary credentials. Default null.</summary>
    public string? SessionToken { get; set; }

    /// <summary>A profile of AWS's shared files. Default null: AWS's chain.</summary>
    public string? Profile { get; set; }

    /// <summary>How long connecting may take. Default 6 s; 100 ms to 300 s (KPL <c>ConnectTimeout</c>).</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(6);

    /// <summary>Whether streams given by ARN use the account's own host (AWS endpoint rules). Default false.</summary>
    public bool UseArnHost { get; set; }

    /// <summary>Whether the server's certificate must be valid. Default true.</summary>
    public bool VerifyCertificate { get; set; } = true;

    /// <summary>A PEM file of certificate authorities trusted beside the system's. Default null.</summary>
    public string? CaCertFile { get; set; }

    /// <summary>A proxy's host. Default null: none.</summary>
    public string? ProxyHost { get; set; }

    /// <summary>The proxy's port. Default 443; 1 to 65,535.</summary>
    public int ProxyPort { get; set; } = 443;

    /// <summary>The user at the proxy. Default null.</summary>
    public string? ProxyUserName { get; set; }

    /// <summary>The password at the proxy. Default null.</summary>
    public string? ProxyPassword { get; set; }

    /// <summary>A copy that can be changed without touching this one.</summary>
    public KinesisOptions Clone() => (KinesisOptions)MemberwiseClone();
}
