namespace Orleans.Kpl;

/// <summary>How Kinesis is reached: section <c>Kpl:Kinesis</c>. The region comes from here or AWS's chain, never from a host name.</summary>
public sealed class KinesisOptions
{
    /// <summary>
    /// An endpoint instead of AWS's own, such as <c>new("http://127.0.0.1:4567")</c>. Default null: what AWS's environment says
    /// (<c>AWS_ENDPOINT_URL_KINESIS</c>, <c>AWS_ENDPOINT_URL</c>, the profile), else the region's own, with <c>AWS_USE_FIPS_ENDPOINT</c> and
    /// <c>AWS_USE_DUALSTACK_ENDPOINT</c>.
    /// </summary>
    public Uri? EndpointUrl { get; set; }

    /// <summary>The region. Default null: AWS's chain, EC2's metadata last; <c>us-east-1</c> for a loopback endpoint where that is empty.</summary>
    public string? Region { get; set; }

    /// <summary>An access key. Default null: AWS's chain.</summary>
    public string? AccessKeyId { get; set; }

    /// <summary>The secret access key for <see cref="AccessKeyId"/>.</summary>
    public string? SecretAccessKey { get; set; }

    /// <summary>The session token of temporary credentials. Default null.</summary>
    public string? SessionToken { get; set; }

    /// <summary>A profile in AWS's shared files. Default null: AWS's chain.</summary>
    public string? Profile { get; set; }

    /// <summary>
    /// Returns the credentials, in place of settings and AWS's chain; can only be set in code. It is called before the first request, in the background
    /// before they expire, and when Kinesis refuses them. The producer calls it once at a time, and again after 60 s without an answer; checks, CloudWatch
    /// and Glue call it themselves, so calls may overlap. If it throws, the requests that wait for it fail with code <c>CredentialsUnavailable</c> and are
    /// tried again. Default null. For credentials of AWS's SDK there is <c>UseAwsCredentials</c> (KPL <c>CredentialsProvider</c>).
    /// </summary>
    public Func<CancellationToken, ValueTask<KinesisCredentials>>? Credentials { get; set; }

    /// <summary>The time limit for connecting. Default 6 s; 100 ms to 300 s (KPL <c>ConnectTimeout</c>).</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(6);

    /// <summary>Whether streams given by ARN use the account's own host (AWS endpoint rules). Default false.</summary>
    public bool UseArnHost { get; set; }

    /// <summary>
    /// Whether the server's certificate must be valid. False is an error for AWS's own endpoint of Kinesis; certificates of AWS's other hosts, such as STS,
    /// are always checked. Default true.
    /// </summary>
    public bool VerifyCertificate { get; set; } = true;

    /// <summary>
    /// A PEM file of certificate authorities to trust in addition to the system's. Default null: those of <c>AWS_CA_BUNDLE</c> alone, else the system's.
    /// </summary>
    public string? CaCertFile { get; set; }

    /// <summary>
    /// A folder whose PEM files have certificate authorities to trust in addition to the system's; folders below it are not read. Default null (KPL
    /// <c>CaCertPath</c>).
    /// </summary>
    public string? CaCertPath { get; set; }

    /// <summary>
    /// Whether the bodies of calls that are ready together are hashed side by side in vector registers, where that takes less time than the
    /// platform's SHA-256: mostly on processors without instructions for it. The result is the same. Turn it off where only the platform's hash, such
    /// as a FIPS-validated one, may be used; where the machine or its OpenSSL runs in FIPS mode, it is off. Default true.
    /// </summary>
    public bool VectorHashing { get; set; } = true;

    /// <summary>The proxy's host. Default null: what <c>HTTPS_PROXY</c>, <c>HTTP_PROXY</c> and <c>NO_PROXY</c> say.</summary>
    public string? ProxyHost { get; set; }

    /// <summary>The proxy's port. Default 443; 1 to 65,535.</summary>
    public int ProxyPort { get; set; } = 443;

    /// <summary>The user name for the proxy. Default null.</summary>
    public string? ProxyUserName { get; set; }

    /// <summary>The password for the proxy. Default null.</summary>
    public string? ProxyPassword { get; set; }

    /// <summary>Returns an independent copy of these options.</summary>
    public KinesisOptions Clone() => (KinesisOptions)MemberwiseClone();
}
