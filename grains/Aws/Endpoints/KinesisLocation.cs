using Amazon;

namespace Orleans.Kpl.Aws.Endpoints;

/// <summary>The Kinesis endpoint that requests go to, and the region that they are signed for.</summary>
/// <param name="Region">The region that requests are signed for.</param>
/// <param name="RegionSource">Where the region was found, for the log.</param>
/// <param name="Endpoint">The region's own endpoint, or the one that settings or the environment name.</param>
/// <param name="IsOverridden">Whether settings or the environment name the endpoint.</param>
/// <param name="Partition">The region's partition, such as <c>aws</c> or <c>aws-cn</c>.</param>
/// <param name="DnsSuffix">The suffix of the partition's host names.</param>
internal sealed record KinesisLocation(
    string Region, string RegionSource, Uri Endpoint, bool IsOverridden, string Partition, string DnsSuffix)
{
    public const string RegionSetting = "Kpl:Kinesis:Region";

    private const string Section = "Kpl:Kinesis";

    private const string EndpointSetting = Section + ":EndpointUrl";

    private const string CertificateSetting = Section + ":VerifyCertificate";

    /// <summary>What the names of AWS's own endpoints end with, also those for IPv6 and of other partitions than the region's.</summary>
    private static readonly string[] OfAws = [".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".api.amazonwebservices.com.cn"];

    /// <summary>Whether the endpoint is on this machine; if so, no service on another machine is asked for credentials.</summary>
    public bool IsLoopback => IsOverridden && Endpoint.IsLoopback;

    /// <summary>The environment variable that names the endpoint; null where the settings do, or nothing does.</summary>
    public string? EndpointVariable { get; private init; }

    /// <summary>
    /// Finds the endpoint in settings, else in AWS's environment variables, and the region in settings, environment or profile; never in a host name,
    /// which may be a VPC endpoint's.
    /// </summary>
    /// <exception cref="KinesisSettingsException">There is no region, no such profile, the endpoint is not a valid address, or AWS's certificate is
    /// not to be checked.</exception>
    public static KinesisLocation Resolve(KinesisOptions options, AwsEnvironment environment)
    {
        var variable = options.EndpointUrl is null ? Endpoints.EndpointVariable.Find(environment) : null;
        return Resolve(options, options.EndpointUrl ?? variable?.Url, environment) with { EndpointVariable = variable?.Name };
    }

    /// <summary>Does the same for another service that takes its settings from those of Kinesis: no variable names its endpoint.</summary>
    /// <exception cref="KinesisSettingsException">As for Kinesis.</exception>
    public static KinesisLocation ResolveOther(KinesisOptions options, AwsEnvironment environment) => Resolve(options, options.EndpointUrl, environment);

    /// <summary>Whether calls can go to an address.</summary>
    public static bool IsEndpoint(Uri url) => url.IsAbsoluteUri && url.Scheme is "http" or "https" && url.Query.Length == 0;

    private static KinesisLocation Resolve(KinesisOptions options, Uri? url, AwsEnvironment environment)
    {
        if (url is not null && !IsEndpoint(url))
            throw new KinesisSettingsException(EndpointSetting, $"'{url}' is no http or https address without a query.");

        var (region, source) = AwsRegion.Find(Section, options.Region, options.Profile, url is { IsLoopback: true }, environment);
        var known = RegionEndpoint.GetBySystemName(region);
        region = known.SystemName;
        var endpoint = url ?? new Uri($"https://kinesis.{region}.{known.PartitionDnsSuffix}");
        if (!options.VerifyCertificate && IsOfAws(endpoint.Host.TrimEnd('.'), known.PartitionDnsSuffix))
            throw new KinesisSettingsException(
                CertificateSetting, $"must be true for AWS's own endpoint {endpoint.Host}: anybody on the way could take its place.");
        return new KinesisLocation(region, source, endpoint, url is not null, known.PartitionName, known.PartitionDnsSuffix);
    }

    private static bool IsOfAws(string host, string suffix) =>
        host.EndsWith("." + suffix, StringComparison.OrdinalIgnoreCase) || Array.Exists(OfAws, e => host.EndsWith(e, StringComparison.OrdinalIgnoreCase));
}

/// <summary>A setting of section <c>Kpl:Kinesis</c> or <c>Kpl:DynamoDb</c> with which no call can be made.</summary>
internal sealed class KinesisSettingsException(string setting, string reason) : InvalidOperationException($"{setting}: {reason}")
{
    /// <summary>The setting's key, such as <c>Kpl:Kinesis:Region</c>.</summary>
    public string Setting { get; } = setting;
}
